#pragma once

#include "udpnat-client-network.h"
#include "udpnat-nat-facts.h"
#include "udpnat-router-check.h"
#include "udpnat-transfer.h"

G_BEGIN_DECLS

/**
 * UdpnatCliView:
 *
 * Writes what happens to stdout: sentences for people, or one JSON object a line for programs.
 */
typedef struct _UdpnatCliView UdpnatCliView;

UdpnatCliView *udpnat_cli_view_new               (gboolean           is_json,
                                                  gboolean           is_one_shot)
  G_GNUC_WARN_UNUSED_RESULT;
void           udpnat_cli_view_free              (UdpnatCliView     *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatCliView, udpnat_cli_view_free)

/* How to take the prompt away before a line and put it back after it. */
void           udpnat_cli_view_set_prompt_funcs  (UdpnatCliView     *self,
                                                  void             (*hide) (void),
                                                  void             (*show) (void));
gboolean       udpnat_cli_view_is_json           (UdpnatCliView     *self);
int            udpnat_cli_view_get_exit_status   (UdpnatCliView     *self);
char          *udpnat_cli_view_clean             (const char        *text)
  G_GNUC_WARN_UNUSED_RESULT;
char          *udpnat_cli_view_dup_title         (UdpnatPerson      *person)
  G_GNUC_WARN_UNUSED_RESULT;
char          *udpnat_cli_view_format_time       (gint64             wall_us,
                                                  const char        *format)
  G_GNUC_WARN_UNUSED_RESULT;

void           udpnat_cli_view_show_error        (UdpnatCliView     *self,
                                                  const char        *code,
                                                  const char        *format,
                                                  ...) G_GNUC_PRINTF (3, 4);
void           udpnat_cli_view_show_warning      (UdpnatCliView     *self,
                                                  const char        *code,
                                                  const char        *format,
                                                  ...) G_GNUC_PRINTF (3, 4);
void           udpnat_cli_view_set_lan_only      (UdpnatCliView     *self,
                                                  gboolean           is_lan_only);
void           udpnat_cli_view_show_text         (UdpnatCliView     *self,
                                                  const char        *format,
                                                  ...) G_GNUC_PRINTF (2, 3);
void           udpnat_cli_view_show_clean        (UdpnatCliView     *self,
                                                  const char        *format,
                                                  ...) G_GNUC_PRINTF (2, 3);
void           udpnat_cli_view_tell              (UdpnatCliView     *self,
                                                  const char        *event,
                                                  const char        *first_member,
                                                  ...) G_GNUC_NULL_TERMINATED;

/* udpnat-cli-view-people.c */
void           udpnat_cli_view_show_ready        (UdpnatCliView     *self,
                                                  const char        *name,
                                                  const char        *key,
                                                  const char        *local,
                                                  const char        *server);
void           udpnat_cli_view_show_lan          (UdpnatCliView     *self,
                                                  UdpnatLanState     state,
                                                  const char        *name,
                                                  gboolean           is_worth_a_line);
void           udpnat_cli_view_show_registered   (UdpnatCliView     *self,
                                                  const char        *name,
                                                  const char        *observed);
void           udpnat_cli_view_show_unregistered (UdpnatCliView     *self);
void           udpnat_cli_view_show_person       (UdpnatCliView     *self,
                                                  UdpnatPerson      *person);
void           udpnat_cli_view_show_contact      (UdpnatCliView     *self,
                                                  UdpnatPerson      *person);
void           udpnat_cli_view_show_details      (UdpnatCliView     *self,
                                                  UdpnatPerson      *person);
void           udpnat_cli_view_show_unread       (UdpnatCliView     *self,
                                                  UdpnatPerson      *person);
void           udpnat_cli_view_show_typing       (UdpnatCliView     *self,
                                                  UdpnatPerson      *person);
void           udpnat_cli_view_show_path         (UdpnatCliView     *self,
                                                  UdpnatPerson      *person);

/* udpnat-cli-view-files.c */
void           udpnat_cli_view_show_preparing    (UdpnatCliView     *self,
                                                  const char        *path,
                                                  gint64             n_done,
                                                  gint64             n_all);
void           udpnat_cli_view_show_transfer     (UdpnatCliView     *self,
                                                  UdpnatPerson      *person,
                                                  UdpnatTransfer    *transfer,
                                                  gboolean           is_waited_for);
void           udpnat_cli_view_list_transfer     (UdpnatCliView     *self,
                                                  UdpnatPerson      *person,
                                                  UdpnatTransfer    *transfer);

/* udpnat-cli-view-network.c */
void           udpnat_cli_view_show_path_report  (UdpnatCliView     *self,
                                                  UdpnatPerson      *person,
                                                  UdpnatPathReport  *report);
void           udpnat_cli_view_show_relay_only   (UdpnatCliView     *self,
                                                  UdpnatPerson      *person,
                                                  gboolean           is_question);
void           udpnat_cli_view_show_network_report (UdpnatCliView   *self,
                                                  UdpnatNetworkReport *report);

/* udpnat-cli-view-netcheck.c */
void           udpnat_cli_view_show_nat          (UdpnatCliView     *self,
                                                  UdpnatFamily       family,
                                                  const UdpnatNatFacts *facts);
void           udpnat_cli_view_show_router       (UdpnatCliView     *self,
                                                  const UdpnatRouterCheck *router);

/* udpnat-cli-view-lines.c */
void           udpnat_cli_view_show_message      (UdpnatCliView     *self,
                                                  UdpnatPerson      *person,
                                                  UdpnatHistoryItem *line);
void           udpnat_cli_view_show_request      (UdpnatCliView     *self,
                                                  UdpnatPerson      *person,
                                                  UdpnatHistoryItem *line,
                                                  gboolean           is_first);
void           udpnat_cli_view_show_line         (UdpnatCliView     *self,
                                                  UdpnatPerson      *person,
                                                  UdpnatHistoryItem *line);
void           udpnat_cli_view_show_waiting      (UdpnatCliView     *self,
                                                  UdpnatPerson      *person,
                                                  UdpnatHistoryItem *line,
                                                  const char        *reason);
void           udpnat_cli_view_show_state        (UdpnatCliView     *self,
                                                  UdpnatPerson      *person,
                                                  UdpnatHistoryItem *line,
                                                  UdpnatItemState    state);
void           udpnat_cli_view_show_delivered    (UdpnatCliView     *self,
                                                  UdpnatPerson      *person,
                                                  const char        *id,
                                                  gint64             elapsed_us);
void           udpnat_cli_view_show_edited       (UdpnatCliView     *self,
                                                  UdpnatPerson      *person,
                                                  UdpnatHistoryItem *line);
void           udpnat_cli_view_show_deleted      (UdpnatCliView     *self,
                                                  UdpnatPerson      *person,
                                                  UdpnatHistoryItem *line);
void           udpnat_cli_view_show_reaction     (UdpnatCliView     *self,
                                                  UdpnatPerson      *person,
                                                  UdpnatHistoryItem *line,
                                                  const char        *sign,
                                                  gboolean           is_own);

G_END_DECLS
