#include "config.h"

#include "udpnat-message-id.h"

/**
 * udpnat_message_id_to_string:
 * @text: (out): receives 32 lower-case hexadecimal digits and a zero
 *
 * Returns: @text
 */
char *
udpnat_message_id_to_string (const UdpnatMessageId *self,
                             char                   text[UDPNAT_MESSAGE_ID_TEXT_BYTES])
{
  static const char digits[] = "0123456789abcdef";

  for (guint i = 0; i < UDPNAT_MESSAGE_ID_BYTES; i++)
    {
      text[2 * i] = digits[self->bytes[i] >> 4];
      text[2 * i + 1] = digits[self->bytes[i] & 15];
    }
  text[UDPNAT_MESSAGE_ID_TEXT_BYTES - 1] = '\0';
  return text;
}

/**
 * udpnat_message_id_parse:
 *
 * Returns: %FALSE unless @text is exactly 32 hexadecimal digits; @self is then not touched
 */
gboolean
udpnat_message_id_parse (UdpnatMessageId *self,
                         const char      *text)
{
  UdpnatMessageId id;

  if (strlen (text) != UDPNAT_MESSAGE_ID_TEXT_BYTES - 1)
    return FALSE;
  for (guint i = 0; i < UDPNAT_MESSAGE_ID_BYTES; i++)
    {
      int high = g_ascii_xdigit_value (text[2 * i]);
      int low = g_ascii_xdigit_value (text[2 * i + 1]);

      if (high < 0 || low < 0)
        return FALSE;
      id.bytes[i] = (guint8) (high << 4 | low);
    }
  *self = id;
  return TRUE;
}
