/* Text in the columns of a terminal, where some characters take two (UAX #11) and some none. */

#include "config.h"

#include "udpnat-columns.h"

/** udpnat_columns_count: Returns: how many columns @text, in UTF-8, takes */
guint
udpnat_columns_count (const char *text)
{
  guint n_columns = 0;

  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);

      if (!g_unichar_iszerowidth (c))
        n_columns += g_unichar_iswide (c) ? 2 : 1;
    }
  return n_columns;
}

/** udpnat_columns_pad: Returns: (transfer full): @text, with spaces up to @n_columns */
char *
udpnat_columns_pad (const char *text,
                    guint       n_columns)
{
  guint n_taken = udpnat_columns_count (text);

  return g_strdup_printf ("%s%*s", text, n_taken < n_columns ? (int) (n_columns - n_taken) : 0, "");
}
