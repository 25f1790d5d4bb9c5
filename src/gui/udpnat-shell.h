#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define UDPNAT_TYPE_SHELL (udpnat_shell_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatShell, udpnat_shell, UDPNAT, SHELL, AdwBin)

/**
 * UdpnatShell:
 *
 * Two panes beside each other in a wide window, one at a time in a narrow one. The only place that
 * differs between versions of libadwaita. Property: folded (whether there is one pane at a time).
 */

GtkWidget *udpnat_shell_new          (void) G_GNUC_WARN_UNUSED_RESULT;
void       udpnat_shell_set_panes    (UdpnatShell          *self,
                                      GtkWidget            *sidebar,
                                      GtkWidget            *content);
void       udpnat_shell_adopt_header (UdpnatShell          *self,
                                      GtkWidget            *header,
                                      GtkWidget            *back_button);
void       udpnat_shell_attach       (UdpnatShell          *self,
                                      AdwApplicationWindow *window);
void       udpnat_shell_show_content (UdpnatShell          *self);
void       udpnat_shell_show_sidebar (UdpnatShell          *self);
gboolean   udpnat_shell_is_folded    (UdpnatShell          *self);
gboolean   udpnat_shell_shows_content (UdpnatShell         *self);

G_END_DECLS
