#include "config.h"

#include "udpnat-invitation-code.h"

#include <sodium.h>
#include <string.h>

/* Codes of invitations as text: base32 (RFC 4648 section 6) in lower case, as keys are written, in
 * groups that can be read aloud. A server keeps only their hash, so that nobody gets in with what
 * is on its disk; there are far too many codes to try, so the hash needs no salt and no time.
 *
 * PROTOCOL.md section 7, "Who may register". */

#define GROUP_DIGITS 6
#define N_DIGITS (UDPNAT_INVITATION_BYTES * 8 / 5)

G_STATIC_ASSERT (UDPNAT_INVITATION_BYTES % 5 == 0); /* no bit is left over */
G_STATIC_ASSERT (N_DIGITS + N_DIGITS / GROUP_DIGITS == UDPNAT_INVITATION_TEXT_BYTES);

static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
static const char label[] = "udpnat invitation";

/**
 * udpnat_invitation_code_to_string:
 * @text: (out): receives 27 characters and a zero
 *
 * Returns: @text
 */
char *
udpnat_invitation_code_to_string (const UdpnatInvitationCode *self,
                                  char text[UDPNAT_INVITATION_TEXT_BYTES])
{
  guint bits = 0, n_bits = 0, n_digits = 0;
  gsize n = 0;

  for (guint i = 0; i < UDPNAT_INVITATION_BYTES; i++)
    {
      bits = (bits << 8 | self->bytes[i]) & 0xffff;
      for (n_bits += 8; n_bits >= 5; n_bits -= 5)
        {
          if (n_digits > 0 && n_digits % GROUP_DIGITS == 0)
            text[n++] = '-';
          text[n++] = digits[bits >> (n_bits - 5) & 31];
          n_digits++;
        }
    }
  text[n] = '\0';
  return text;
}

/**
 * udpnat_invitation_code_parse:
 * @text: not trusted; upper or lower case, with hyphens and spaces anywhere or nowhere
 *
 * Returns: %FALSE when @text is no code; @self is then not touched
 */
gboolean
udpnat_invitation_code_parse (UdpnatInvitationCode *self,
                              const char           *text)
{
  UdpnatInvitationCode code;
  guint bits = 0, n_bits = 0, n_digits = 0, n = 0;

  for (const char *at = text; *at != '\0'; at++)
    {
      const char *digit = strchr (digits, g_ascii_tolower (*at));

      if (*at == '-' || *at == ' ')
        continue;
      if (digit == NULL || n_digits++ == N_DIGITS)
        return FALSE;
      bits = (bits << 5 | (guint) (digit - digits)) & 0xffff;
      n_bits += 5;
      if (n_bits >= 8)
        {
          n_bits -= 8;
          code.bytes[n++] = (guint8) (bits >> n_bits);
        }
    }
  if (n_digits != N_DIGITS)
    return FALSE;
  *self = code;
  return TRUE;
}

/** udpnat_invitation_code_hash: what a server keeps of it */
void
udpnat_invitation_code_hash (const UdpnatInvitationCode *self,
                             guint8 out_hash[UDPNAT_INVITATION_HASH_BYTES])
{
  crypto_generichash (out_hash, UDPNAT_INVITATION_HASH_BYTES, self->bytes, sizeof self->bytes,
                      (const guint8 *) label, strlen (label));
}
