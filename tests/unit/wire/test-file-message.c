/* Messages of the file stream, byte by byte. */

#include "config.h"

#include <glib.h>
#include <string.h>

#include "udpnat-file-message.h"

#define ID_HEX "07070707070707070707070707070707"

typedef struct
{
  const char       *hex; /* the whole message */
  UdpnatFileMessage message;
  const char       *data;
} Example;

#define ID { .bytes = { 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7 } }

static const Example examples[] = {
  { "01 00000020" ID_HEX "00000002 0000000000000003 00000010",
    { .type = UDPNAT_FILE_WANT, .id = ID, .file = 2, .first = 3, .n_chunks = 16 }, NULL },
  { "02 0000001f" ID_HEX "00000000 0000010000000000 616263",
    { .type = UDPNAT_FILE_CHUNK, .id = ID, .first = G_GUINT64_CONSTANT (1) << 40 }, "abc" },
  { "03 0000001d" ID_HEX "00000001 02 0000000000000004",
    { .type = UDPNAT_FILE_WANT_HASHES, .id = ID, .file = 1, .level = 2, .first = 4 }, NULL },
  { "04 0000001f" ID_HEX "00000001 00 0000000000000004 6162",
    { .type = UDPNAT_FILE_HASHES, .id = ID, .file = 1, .first = 4 }, "ab" },
  { "05 00000011" ID_HEX "01",
    { .type = UDPNAT_FILE_STOP, .id = ID, .reason = UDPNAT_FILE_REASON_PAUSED }, NULL },
  { "06 00000011" ID_HEX "05",
    { .type = UDPNAT_FILE_REFUSE, .id = ID, .reason = UDPNAT_FILE_REASON_UNREADABLE }, NULL },
  { "07 00000010" ID_HEX, { .type = UDPNAT_FILE_GO_ON, .id = ID }, NULL },
};

static GByteArray *
from_hex (const char *hex)
{
  GByteArray *bytes = g_byte_array_new ();

  for (const char *p = hex; *p != '\0'; p++)
    if (*p != ' ')
      {
        guint8 byte = (guint8) (g_ascii_xdigit_value (p[0]) << 4 | g_ascii_xdigit_value (p[1]));

        g_byte_array_append (bytes, &byte, 1);
        p++;
      }
  return bytes;
}

static void
test_examples (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (examples); i++)
    {
      g_autoptr (GByteArray) expected = from_hex (examples[i].hex);
      g_autoptr (GByteArray) written = g_byte_array_new ();
      UdpnatFileMessage message = examples[i].message;
      UdpnatMessageView view;
      UdpnatFileMessage read;
      gsize n_consumed;

      message.data = (const guint8 *) examples[i].data;
      message.n_data = examples[i].data != NULL ? strlen (examples[i].data) : 0;
      udpnat_write_file_message (written, &message);
      g_assert_cmpmem (written->data, written->len, expected->data, expected->len);

      g_assert_cmpint (udpnat_message_parse (expected->data, expected->len, &view, &n_consumed), ==,
                       UDPNAT_MESSAGE_COMPLETE);
      g_assert_true (udpnat_file_message_is_known (view.type));
      g_assert_true (udpnat_parse_file_message (&view, &read));
      g_assert_cmpuint (read.type, ==, message.type);
      g_assert_cmpint (udpnat_message_id_compare (&read.id, &message.id), ==, 0);
      g_assert_cmpuint (read.file, ==, message.file);
      g_assert_cmpuint (read.first, ==, message.first);
      g_assert_cmpuint (read.n_chunks, ==, message.n_chunks);
      g_assert_cmpuint (read.level, ==, message.level);
      g_assert_cmpuint (read.reason, ==, message.reason);
      g_assert_cmpmem (read.data, read.n_data, message.data, message.n_data);
    }
}

/* What is cut off anywhere is no message. Of data any length is one. */
static void
test_short_ones (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (examples); i++)
    {
      g_autoptr (GByteArray) whole = from_hex (examples[i].hex);
      gsize n_data = examples[i].data != NULL ? strlen (examples[i].data) : 0;
      gsize n_body = whole->len - UDPNAT_MESSAGE_HEADER_BYTES;

      for (gsize n = 0; n < n_body; n++)
        {
          g_autofree guint8 *exact = g_memdup2 (whole->data + UDPNAT_MESSAGE_HEADER_BYTES,
                                                MAX (n, 1));
          UdpnatMessageView view = { .type = whole->data[0], .body = exact, .n_body = n };
          UdpnatFileMessage read;

          g_assert_cmpint (udpnat_parse_file_message (&view, &read), ==, n >= n_body - n_data);
        }
    }
}

static void
test_of_nothing (void)
{
  g_autoptr (GByteArray) bytes = from_hex (ID_HEX "00000002 0000000000000003 00000000");
  UdpnatMessageView view = { UDPNAT_FILE_WANT, bytes->data, bytes->len };
  UdpnatFileMessage read;

  g_test_summary ("To want no chunk is to say nothing, which could be said for ever");
  g_assert_false (udpnat_parse_file_message (&view, &read));
  g_assert_false (udpnat_file_message_is_known (0));
  g_assert_false (udpnat_file_message_is_known (UDPNAT_FILE_GO_ON + 1));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/file-message/examples", test_examples);
  g_test_add_func ("/file-message/short-ones", test_short_ones);
  g_test_add_func ("/file-message/of-nothing", test_of_nothing);
  return g_test_run ();
}
