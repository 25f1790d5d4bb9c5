#pragma once

#include "udpnat-random.h"

#include "sim-host.h"
#include "sim-link.h"
#include "sim-nat.h"
#include "sim-tap.h"

G_BEGIN_DECLS

/**
 * SimWorld:
 *
 * A network in virtual time: hosts with machines, routers between them, one Internet in the middle.
 * One seed gives one run, to the byte. Owns its hosts and NATs, but not the machines.
 */
typedef struct _SimWorld SimWorld;

/* ---- World ---- */

/* The clock starts here, not at 0: a machine that takes 0 for "never" is right in the real
 * world. */
#define SIM_WORLD_START_US UDPNAT_SEC (1000)

SimWorld    *sim_world_new            (guint64        seed);
void         sim_world_free           (SimWorld      *self);
gint64       sim_world_now            (const SimWorld *self);
UdpnatRandom sim_world_fork_random    (SimWorld      *self,
                                       const char    *label);
void         sim_world_set_core       (SimWorld      *self,
                                       gint64         delay_us,
                                       guint          n_hops);
void         sim_world_set_nets_alike (SimWorld      *self);
void         sim_world_run_until      (SimWorld      *self,
                                       gint64         until_us);
void         sim_world_run_for        (SimWorld      *self,
                                       gint64         duration_us);
gboolean     sim_world_run_until_true (SimWorld      *self,
                                       gint64         limit_us,
                                       gboolean     (*predicate) (gpointer user_data),
                                       gpointer       user_data) G_GNUC_WARN_UNUSED_RESULT;
gboolean     sim_world_run_for_true   (SimWorld      *self,
                                       gint64         duration_us,
                                       gboolean     (*predicate) (gpointer user_data),
                                       gpointer       user_data) G_GNUC_WARN_UNUSED_RESULT;
guint        sim_world_get_stalled    (const SimWorld *self,
                                       SimHost      **out_host);
void         sim_world_wake           (SimHost       *host);
void         sim_world_cut            (SimHost       *from,
                                       SimHost       *to,
                                       gboolean       is_cut);
void         sim_world_set_cut        (SimWorld            *self,
                                       const UdpnatAddress *from,
                                       const UdpnatAddress *to,
                                       gboolean             is_cut);
void         sim_world_inject         (SimWorld            *self,
                                       const UdpnatAddress *from,
                                       const UdpnatAddress *to,
                                       const guint8        *data,
                                       gsize                n_data);

/* ---- NATs ---- */

SimNat      *sim_world_add_nat         (SimWorld            *self,
                                        const char          *name,
                                        SimNat              *behind,
                                        const char          *outer_ip,
                                        const SimNatConfig  *config);
void         sim_world_set_nat_link    (SimWorld            *self,
                                        SimNat              *nat,
                                        SimDirection         direction,
                                        const SimLinkConfig *config);
void         sim_world_set_nat_address (SimWorld            *self,
                                        SimNat              *nat,
                                        const char          *outer_ip);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimWorld, sim_world_free)

G_END_DECLS
