#pragma once

#include "udpnat-client.h"

G_BEGIN_DECLS

/**
 * UdpnatCliView:
 *
 * Writes what happens to stdout: sentences for people, or one JSON object a line for programs.
 */
typedef struct _UdpnatCliView UdpnatCliView;

UdpnatCliView *udpnat_cli_view_new               (gboolean       is_json) G_GNUC_WARN_UNUSED_RESULT;
void           udpnat_cli_view_free              (UdpnatCliView *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatCliView, udpnat_cli_view_free)

/* How to take the prompt away before a line and put it back after it. */
void           udpnat_cli_view_set_prompt_funcs  (UdpnatCliView *self,
                                                  void         (*hide) (void),
                                                  void         (*show) (void));

void           udpnat_cli_view_show_ready        (UdpnatCliView *self,
                                                  const char    *name,
                                                  const char    *key,
                                                  const char    *local,
                                                  const char    *server);
void           udpnat_cli_view_show_registered   (UdpnatCliView *self,
                                                  const char    *name,
                                                  const char    *observed);
void           udpnat_cli_view_show_unregistered (UdpnatCliView *self);
void           udpnat_cli_view_show_person       (UdpnatCliView *self,
                                                  UdpnatPerson  *person);
void           udpnat_cli_view_show_message      (UdpnatCliView *self,
                                                  UdpnatPerson  *person,
                                                  const char    *id,
                                                  const char    *text,
                                                  gint64         sent_us);
void           udpnat_cli_view_show_sent         (UdpnatCliView *self,
                                                  const char    *to,
                                                  const char    *id);
void           udpnat_cli_view_show_delivered    (UdpnatCliView *self,
                                                  const char    *to,
                                                  const char    *id,
                                                  gint64         elapsed_us);
void           udpnat_cli_view_show_path         (UdpnatCliView *self,
                                                  UdpnatPerson  *person);
void           udpnat_cli_view_show_error        (UdpnatCliView *self,
                                                  const char    *code,
                                                  const char    *format,
                                                  ...) G_GNUC_PRINTF (3, 4);
void           udpnat_cli_view_show_text         (UdpnatCliView *self,
                                                  const char    *format,
                                                  ...) G_GNUC_PRINTF (2, 3);
char          *udpnat_cli_view_clean             (const char    *text) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
