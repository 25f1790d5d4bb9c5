#include "config.h"

#include "udpnat-invitation-code.h"

#include <sodium.h>
#include <string.h>

/* Codes of invitations: one text for each, read however it was typed. */

static void
test_text (void)
{
  UdpnatInvitationCode code, read;
  char text[UDPNAT_INVITATION_TEXT_BYTES];

  for (guint i = 0; i < sizeof code.bytes; i++)
    code.bytes[i] = (guint8) (i * 17 + 1);
  udpnat_invitation_code_to_string (&code, text);
  g_assert_cmpuint (strlen (text), ==, UDPNAT_INVITATION_TEXT_BYTES - 1);
  g_assert_true (udpnat_invitation_code_parse (&read, text));
  g_assert_cmpmem (read.bytes, sizeof read.bytes, code.bytes, sizeof code.bytes);

  /* RFC 4648: what base32 makes of "foobarfoobarfoo" */
  memcpy (code.bytes, "foobarfoobarfoo", sizeof code.bytes);
  g_assert_cmpstr (udpnat_invitation_code_to_string (&code, text), ==,
                   "mzxw6y-tbojtg-633cmf-zgm33p");
}

static void
test_typed (void)
{
  const char *good[] = {
    "mzxw6y-tbojtg-633cmf-zgm33p", "MZXW6YTBOJTG633CMFZGM33P", " mzxw6ytb ojtg633c mfzgm33p ",
  };
  const char *bad[] = {
    "", "mzxw6y-tbojtg-633cmf-zgm33", "mzxw6y-tbojtg-633cmf-zgm33pa",
    "mzxw6y-tbojtg-633cmf-zgm330", "mzxw6y-tbojtg-633cmf-zgm33\n", "mzxw6y_tbojtg_633cmf_zgm33p",
    "mzxw6y-tbojtg-633cmf-zgm33\xc3\xa9",
  };
  UdpnatInvitationCode code;

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_assert_true (udpnat_invitation_code_parse (&code, good[i]));
      g_assert_cmpmem (code.bytes, sizeof code.bytes, "foobarfoobarfoo", 15);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_test_message ("%s", bad[i]);
      memset (&code, 0x55, sizeof code);
      g_assert_false (udpnat_invitation_code_parse (&code, bad[i]));
      g_assert_cmpuint (code.bytes[0], ==, 0x55);
    }
}

static void
test_hash (void)
{
  UdpnatInvitationCode code = { "foobarfoobarfoo" }, other = code;
  guint8 hash[UDPNAT_INVITATION_HASH_BYTES], again[UDPNAT_INVITATION_HASH_BYTES];

  udpnat_invitation_code_hash (&code, hash);
  udpnat_invitation_code_hash (&other, again);
  g_assert_cmpmem (hash, sizeof hash, again, sizeof again);
  other.bytes[14] ^= 1;
  udpnat_invitation_code_hash (&other, again);
  g_assert_cmpint (memcmp (hash, again, sizeof hash), !=, 0);
  /* PROTOCOL.md section 7: it is BLAKE2b-256 with a label as its key. */
  crypto_generichash (again, sizeof again, code.bytes, sizeof code.bytes,
                      (const guint8 *) "udpnat invitation", 17);
  g_assert_cmpmem (hash, sizeof hash, again, sizeof again);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (sodium_init (), >=, 0);
  g_test_add_func ("/invitation-code/text/there-and-back", test_text);
  g_test_add_func ("/invitation-code/text/as-it-is-typed", test_typed);
  g_test_add_func ("/invitation-code/hash/of-the-code", test_hash);
  return g_test_run ();
}
