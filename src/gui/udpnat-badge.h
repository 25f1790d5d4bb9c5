#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

void udpnat_badge_tell (GApplication *application,
                        guint         count);

G_END_DECLS
