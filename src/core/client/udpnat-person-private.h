#pragma once

#include "udpnat-person.h"

G_BEGIN_DECLS

/* What only the client may say of a person. */
const UdpnatContact *udpnat_person_get_contact     (UdpnatPerson        *self);
void                 udpnat_person_take_contact    (UdpnatPerson        *self,
                                                    UdpnatContact       *contact);
void                 udpnat_person_set_name        (UdpnatPerson        *self,
                                                    const char          *name);
void                 udpnat_person_set_presence    (UdpnatPerson        *self,
                                                    guint8               presence);
void                 udpnat_person_set_lost_server (UdpnatPerson        *self,
                                                    gboolean             has_lost_server);
void                 udpnat_person_set_on_lan      (UdpnatPerson        *self,
                                                    gboolean             is_on_lan);
void                 udpnat_person_set_typing      (UdpnatPerson        *self,
                                                    gboolean             is_typing);
void                 udpnat_person_set_new_key     (UdpnatPerson        *self,
                                                    const char          *key_text);
void                 udpnat_person_set_wait_reason (UdpnatPerson        *self,
                                                    const char          *code);
void                 udpnat_person_set_last_line   (UdpnatPerson        *self,
                                                    UdpnatHistoryItem   *line);
const char          *udpnat_person_explain_reason  (UdpnatPerson        *self,
                                                    UdpnatPathReason     reason);
void                 udpnat_person_begin_receiving (UdpnatPerson        *self);
void                 udpnat_person_end_receiving   (UdpnatPerson        *self);
gboolean             udpnat_person_is_receiving    (UdpnatPerson        *self);
void                 udpnat_person_set_path        (UdpnatPerson        *self,
                                                    UdpnatPathKind       kind,
                                                    const UdpnatAddress *remote,
                                                    gint64               rtt_us,
                                                    UdpnatPathReason     reason);

G_END_DECLS
