#include "config.h"

#include "udpnat-hex.h"

/**
 * udpnat_hex_write:
 * @out_text: receives 2 × @n_bytes lower-case digits; no final zero
 */
void
udpnat_hex_write (const guint8 *bytes,
                  gsize         n_bytes,
                  char         *out_text)
{
  static const char digits[] = "0123456789abcdef";

  for (gsize i = 0; i < n_bytes; i++)
    {
      out_text[2 * i] = digits[bytes[i] >> 4];
      out_text[2 * i + 1] = digits[bytes[i] & 15];
    }
}

/**
 * udpnat_hex_read:
 * @text: at least 2 × @n_bytes characters; what comes after them is not looked at
 *
 * Returns: %FALSE when one of them is no hexadecimal digit of either case; @out_bytes may then be
 *   half written
 */
gboolean
udpnat_hex_read (const char *text,
                 gsize       n_bytes,
                 guint8     *out_bytes)
{
  for (gsize i = 0; i < n_bytes; i++)
    {
      int high = g_ascii_xdigit_value (text[2 * i]);
      int low = g_ascii_xdigit_value (text[2 * i + 1]);

      if (high < 0 || low < 0)
        return FALSE;
      out_bytes[i] = (guint8) (high << 4 | low);
    }
  return TRUE;
}
