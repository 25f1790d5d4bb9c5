#pragma once

#include "udpnat-address.h"

G_BEGIN_DECLS

/* Two addresses as a table key; what does not count is left zero. */
typedef struct
{
  guint64 words[5];
} SimNatKey;

typedef struct _SimNatFlow SimNatFlow;

/* An inner address and the outer one that stands for it. */
typedef struct
{
  SimNatKey     key;       /* what @outer was chosen for */
  SimNatKey     outer_key;
  UdpnatAddress inner;
  UdpnatAddress outer;
  gint64        created_us;
  gint64        expires_us; /* when the last of its flows does */
  SimNatFlow   *flows;
} SimNatMapping;

/* One conversation through a mapping: what Linux calls a connection. */
struct _SimNatFlow
{
  SimNatKey      inner_key; /* inner, remote */
  SimNatKey      outer_key; /* outer, remote */
  SimNatMapping *mapping;
  gint64         created_us;
  gint64         expires_us;
  gboolean       from_inside;
  gboolean       replied;
  SimNatFlow    *previous;
  SimNatFlow    *next;
};

/**
 * SimNatTable:
 *
 * Mappings and flows, found by what packets show. Expired ones are as if they were not there; they
 * are freed when they are met or when many have come together.
 */
typedef struct _SimNatTable SimNatTable;

SimNatKey      sim_nat_key                 (const UdpnatAddress *a,
                                            const UdpnatAddress *b);
SimNatKey      sim_nat_key_of_ips          (const UdpnatAddress *a,
                                            const UdpnatAddress *b);
guint          sim_nat_key_hash            (gconstpointer        key);
gboolean       sim_nat_key_equal           (gconstpointer        a,
                                            gconstpointer        b);

SimNatTable   *sim_nat_table_new           (void);
void           sim_nat_table_free          (SimNatTable         *self);
void           sim_nat_table_clear         (SimNatTable         *self);
guint          sim_nat_table_sweep         (SimNatTable         *self,
                                            gint64               now_us);
void           sim_nat_table_tidy          (SimNatTable         *self,
                                            gint64               now_us);
SimNatMapping *sim_nat_table_find_mapping  (SimNatTable         *self,
                                            gint64               now_us,
                                            const SimNatKey     *key);
SimNatMapping *sim_nat_table_find_outer    (SimNatTable         *self,
                                            gint64               now_us,
                                            const UdpnatAddress *outer);
SimNatMapping *sim_nat_table_add_mapping   (SimNatTable         *self,
                                            gint64               now_us,
                                            const SimNatKey     *key,
                                            const UdpnatAddress *inner,
                                            const UdpnatAddress *outer);
SimNatFlow    *sim_nat_table_find_flow_out (SimNatTable         *self,
                                            gint64               now_us,
                                            const UdpnatAddress *inner,
                                            const UdpnatAddress *remote);
SimNatFlow    *sim_nat_table_find_flow_in  (SimNatTable         *self,
                                            gint64               now_us,
                                            const UdpnatAddress *outer,
                                            const UdpnatAddress *remote);
SimNatFlow    *sim_nat_table_ensure_flow   (SimNatTable         *self,
                                            gint64               now_us,
                                            SimNatMapping       *mapping,
                                            const UdpnatAddress *remote,
                                            gboolean             from_inside);

/* Marks: that something holds for two addresses until a time. */
typedef enum
{
  SIM_NAT_MARK_PERMITTED, /* (outer, remote IP): somebody inside talks with that IP */
  SIM_NAT_MARK_CLASH,     /* (outer, remote): the router itself has a flow with that remote */
  SIM_NAT_N_MARKS,
} SimNatMark;

void           sim_nat_table_set_mark      (SimNatTable         *self,
                                            SimNatMark           mark,
                                            const SimNatKey     *key,
                                            gint64               expires_us);
gboolean       sim_nat_table_has_mark      (SimNatTable         *self,
                                            gint64               now_us,
                                            SimNatMark           mark,
                                            const SimNatKey     *key);

G_END_DECLS
