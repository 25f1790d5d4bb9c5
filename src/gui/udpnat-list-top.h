#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void udpnat_list_top_keep (GtkListView *list,
                           GListModel  *model);

G_END_DECLS
