/* Texts that are compared and copied character by character, below the title of a row. */

#include "config.h"

#include "udpnat-unbroken.h"

/** udpnat_unbroken_set_subtitle: @row: whose subtitle is markup */
void
udpnat_unbroken_set_subtitle (AdwActionRow *row,
                              const char   *text)
{
  g_autofree char *markup =
    g_markup_printf_escaped ("<span insert_hyphens=\"false\">%s</span>", text);

  adw_action_row_set_subtitle (row, markup);
}
