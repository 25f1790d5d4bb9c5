/* The sign of a kind of file, as all signs are here: without colours. For kinds that have none, the
 * desktop's list goes on with those in colours, which are pale on a bubble. */

#include "config.h"

#include "udpnat-file-icon.h"

#define SYMBOLIC "-symbolic"
#define ANY_FILE "text-x-generic" SYMBOLIC

/** udpnat_file_icon_new: @content_type: (nullable): %NULL: it is not known */
GIcon *
udpnat_file_icon_new (const char *content_type)
{
  g_autoptr (GIcon) icon = NULL;
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const char *const *all;

  if (content_type != NULL)
    icon = g_content_type_get_symbolic_icon (content_type);
  all = G_IS_THEMED_ICON (icon) ? g_themed_icon_get_names (G_THEMED_ICON (icon)) : NULL;
  for (guint i = 0; all != NULL && all[i] != NULL; i++)
    if (g_str_has_suffix (all[i], SYMBOLIC))
      g_ptr_array_add (names, (gpointer) all[i]);
  g_ptr_array_add (names, (gpointer) ANY_FILE);
  return g_themed_icon_new_from_names ((char **) names->pdata, (int) names->len);
}
