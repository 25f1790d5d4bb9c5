#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* Keys and links: where a line of them breaks, a hyphen would look like a part of them. */
void udpnat_unbroken_set_subtitle (AdwActionRow *row,
                                   const char   *text);

G_END_DECLS
