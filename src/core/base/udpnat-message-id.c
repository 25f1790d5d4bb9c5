#include "config.h"

#include "udpnat-message-id.h"

#include "udpnat-hex.h"

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
  udpnat_hex_write (self->bytes, UDPNAT_MESSAGE_ID_BYTES, text);
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

  if (strlen (text) != UDPNAT_MESSAGE_ID_TEXT_BYTES - 1 ||
      !udpnat_hex_read (text, UDPNAT_MESSAGE_ID_BYTES, id.bytes))
    return FALSE;
  *self = id;
  return TRUE;
}
