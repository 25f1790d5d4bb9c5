/* What is read from text or has a canonical form: names, addresses, keys, message ids. The first
 * byte of the input says which. */

#include "config.h"

#include "fuzz.h"

#include "udpnat-key.h"
#include "udpnat-limits.h"
#include "udpnat-message-id.h"
#include "udpnat-name.h"
#include "udpnat-writer.h"

#include <string.h>

static void
check_name (const char *text)
{
  g_autofree char *name = udpnat_name_normalize (text);
  g_autofree char *again = NULL;
  g_autofree char *folded = NULL;
  g_autofree char *folded_text = NULL;

  if (name == NULL)
    return;
  g_assert_true (g_utf8_validate (name, -1, NULL));
  g_assert_cmpuint (strlen (name), <=, UDPNAT_NAME_MAX_BYTES);
  g_assert_cmpint (g_utf8_strlen (name, -1), <=, UDPNAT_NAME_MAX_CODE_POINTS);
  again = udpnat_name_normalize (name);
  g_assert_cmpstr (again, ==, name);
  folded = udpnat_name_fold (name);
  folded_text = udpnat_name_fold (text);
  g_assert_nonnull (folded);
  g_assert_cmpstr (folded, ==, folded_text);
}

static void
check_ip (const char *text)
{
  UdpnatAddress    address, again;
  char             out[UDPNAT_ADDRESS_TEXT_BYTES];
  g_autofree char *ip = NULL;

  if (!udpnat_address_parse_ip (&address, text, 0))
    return;
  udpnat_address_get_scope (&address);
  udpnat_address_to_string (&address, out);
  g_assert_nonnull (strrchr (out, ':'));
  *strrchr (out, ':') = '\0';
  ip = out[0] == '[' ? g_strndup (out + 1, strlen (out) - 2) : g_strdup (out);
  g_assert_true (udpnat_address_parse_ip (&again, ip, 0));
  g_assert_true (udpnat_address_equal (&address, &again));
}

static void
check_wire_address (const guint8 *data,
                    gsize         n_data)
{
  UdpnatAddress address, again;
  UdpnatReader  reader;
  UdpnatWriter  writer;
  guint8        out[UDPNAT_ADDRESS_WIRE_BYTES];

  udpnat_reader_init (&reader, data, n_data);
  if (!udpnat_reader_address (&reader, &address))
    return;
  udpnat_address_get_scope (&address);
  udpnat_writer_init (&writer, out, sizeof out);
  udpnat_writer_address (&writer, &address);
  g_assert_cmpuint (writer.n_written, ==, sizeof out);
  udpnat_reader_init (&reader, out, sizeof out);
  g_assert_true (udpnat_reader_address (&reader, &again));
  g_assert_true (udpnat_address_equal (&address, &again));
}

static void
check_key (const char *text)
{
  UdpnatPublicKey  key;
  char             out[UDPNAT_KEY_TEXT_BYTES];
  g_autofree char *lower = g_ascii_strdown (text, -1);

  if (!udpnat_public_key_parse (&key, text))
    return;
  udpnat_public_key_to_string (&key, out);
  g_assert_cmpstr (out, ==, lower);
}

static void
check_message_id (const char *text)
{
  UdpnatMessageId  id;
  char             out[UDPNAT_MESSAGE_ID_TEXT_BYTES];
  g_autofree char *lower = g_ascii_strdown (text, -1);

  if (!udpnat_message_id_parse (&id, text))
    return;
  udpnat_message_id_to_string (&id, out);
  g_assert_cmpstr (out, ==, lower);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         n_data)
{
  g_autofree char *text = NULL;

  if (n_data < 1 || n_data > 2048)
    return 0;
  text = g_strndup ((const char *) data + 1, n_data - 1);
  switch (data[0] % 5)
    {
    case 0:
      check_name (text);
      break;
    case 1:
      check_ip (text);
      break;
    case 2:
      check_wire_address (data + 1, n_data - 1);
      break;
    case 3:
      check_key (text);
      break;
    case 4:
      check_message_id (text);
      break;
    }
  return 0;
}
