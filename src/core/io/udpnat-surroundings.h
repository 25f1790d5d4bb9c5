#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UdpnatSurroundings:
 *
 * Watches whether this machine may be somewhere else: its networks change, or it was asleep.
 */
typedef struct _UdpnatSurroundings UdpnatSurroundings;

UdpnatSurroundings *udpnat_surroundings_new  (void (*changed_cb) (gpointer user_data),
                                              gpointer             user_data)
  G_GNUC_WARN_UNUSED_RESULT;
void                udpnat_surroundings_free (UdpnatSurroundings  *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatSurroundings, udpnat_surroundings_free)

G_END_DECLS
