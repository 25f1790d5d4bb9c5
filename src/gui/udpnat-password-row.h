#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* What AdwPasswordEntryRow does not do by itself. */
void udpnat_password_row_name_button (AdwPasswordEntryRow *row);

G_END_DECLS
