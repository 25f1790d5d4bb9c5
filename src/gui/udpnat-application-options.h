#pragma once

#include "udpnat-start-options.h"

G_BEGIN_DECLS

/**
 * UdpnatApplicationOptions:
 * @start: what window and terminal have in common
 * @is_background: begin without a window
 * @is_service: the message bus has started us, and will say what for
 * @links: (nullable) (array zero-terminated=1): `udpnat:` links to open
 *
 * The command line of the window, checked.
 */
typedef struct
{
  UdpnatStartOptions *start;
  gboolean            is_background;
  gboolean            is_service;
  char              **links;
} UdpnatApplicationOptions;

UdpnatApplicationOptions *udpnat_application_options_parse (int       *argc,
                                                            char    ***argv,
                                                            gboolean  *out_is_done,
                                                            GError   **error)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean                  udpnat_application_options_are_given
                                                           (const UdpnatApplicationOptions *self);
void                      udpnat_application_options_free  (UdpnatApplicationOptions *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatApplicationOptions, udpnat_application_options_free)

G_END_DECLS
