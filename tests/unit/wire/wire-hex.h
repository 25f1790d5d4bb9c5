#pragma once

#include <glib.h>
#include <string.h>

/* Bytes written as text, so that a test shows what is on the wire. */

/* White space is skipped. */
static inline GByteArray *
bytes_from_hex (const char *hex)
{
  GByteArray *bytes = g_byte_array_new ();

  for (const char *at = hex; *at != '\0';)
    {
      guint8 byte;

      if (g_ascii_isspace (*at))
        {
          at++;
          continue;
        }
      g_assert_true (g_ascii_isxdigit (at[0]) && g_ascii_isxdigit (at[1]));
      byte = (guint8) (g_ascii_xdigit_value (at[0]) << 4 | g_ascii_xdigit_value (at[1]));
      g_byte_array_append (bytes, &byte, 1);
      at += 2;
    }
  return bytes;
}

static inline char *
bytes_to_hex (const guint8 *data,
              gsize         n_data)
{
  GString *text = g_string_sized_new (2 * n_data);

  for (gsize i = 0; i < n_data; i++)
    g_string_append_printf (text, "%02x", data[i]);
  return g_string_free (text, FALSE);
}

static inline void
assert_hex (const guint8 *data,
            gsize         n_data,
            const char   *hex)
{
  g_autoptr (GByteArray) expected = bytes_from_hex (hex);
  g_autofree char *text = bytes_to_hex (data, n_data);
  g_autofree char *wanted = bytes_to_hex (expected->data, expected->len);

  g_assert_cmpstr (text, ==, wanted);
}

/* A copy of exactly @n_data bytes, NULL for none, so that any look beyond them is noticed. */
static inline guint8 *
copy_exactly (const guint8 *data,
              gsize         n_data)
{
  return n_data > 0 ? g_memdup2 (data, n_data) : NULL;
}
