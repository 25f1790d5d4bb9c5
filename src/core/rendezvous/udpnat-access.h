#pragma once

#include "udpnat-key.h"

G_BEGIN_DECLS

/**
 * UdpnatAccess:
 *
 * Who may take part at a server, as far as its operator has said so: keys that are let in, keys and
 * names that are kept out (PROTOCOL.md section 7).
 */
typedef struct _UdpnatAccess UdpnatAccess;

UdpnatAccess *udpnat_access_new              (void) G_GNUC_WARN_UNUSED_RESULT;
void          udpnat_access_free             (UdpnatAccess          *self);

/* Let in */
void          udpnat_access_set_key_allowed  (UdpnatAccess          *self,
                                              const UdpnatPublicKey *key,
                                              gboolean               is_allowed);
gboolean      udpnat_access_is_key_allowed   (const UdpnatAccess    *self,
                                              const UdpnatPublicKey *key);
void          udpnat_access_list_key         (UdpnatAccess          *self,
                                              const UdpnatPublicKey *key);
void          udpnat_access_list_name        (UdpnatAccess          *self,
                                              const char            *name);
gboolean      udpnat_access_is_name_listed   (const UdpnatAccess    *self,
                                              const char            *name);
void          udpnat_access_clear_list       (UdpnatAccess          *self);

/* Kept out */
void          udpnat_access_set_key_blocked  (UdpnatAccess          *self,
                                              const UdpnatPublicKey *key,
                                              gboolean               is_blocked);
gboolean      udpnat_access_is_key_blocked   (const UdpnatAccess    *self,
                                              const UdpnatPublicKey *key);
void          udpnat_access_set_name_blocked (UdpnatAccess          *self,
                                              const char            *name,
                                              gboolean               is_blocked);
gboolean      udpnat_access_is_name_blocked  (const UdpnatAccess    *self,
                                              const char            *name);
void          udpnat_access_set_name_denied  (UdpnatAccess          *self,
                                              const char            *name,
                                              const UdpnatPublicKey *key);
gboolean      udpnat_access_is_name_denied   (const UdpnatAccess    *self,
                                              const char            *name,
                                              const UdpnatPublicKey *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatAccess, udpnat_access_free)

G_END_DECLS
