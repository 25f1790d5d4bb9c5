#pragma once

#include <glib.h>

G_BEGIN_DECLS

void udpnat_locale_set_up (void);

G_END_DECLS
