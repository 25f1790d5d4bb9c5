#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* The switch of an AdwExpanderRow has no name in libadwaita 1.2. */
void udpnat_expander_switch_name (AdwExpanderRow *row);

G_END_DECLS
