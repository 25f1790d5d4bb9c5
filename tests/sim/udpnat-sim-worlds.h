#pragma once

#include "sim-pick.h"

G_BEGIN_DECLS

/**
 * UdpnatSimOptions:
 * @first_seed: of those that are run; with one world, its
 * @n_jobs: processes at a time
 * @n_shrink: so many of those that went wrong are made smaller
 * @svg: (nullable): file name
 */
typedef struct
{
  guint64     first_seed;
  guint64     n_worlds;
  guint       n_jobs;
  guint       n_shrink;
  const char *svg;
  gboolean    has_timeline;
  gboolean    is_logged;
  gboolean    has_real_crypto;
} UdpnatSimOptions;

guint udpnat_sim_worlds (const UdpnatSimOptions *options);
guint udpnat_sim_world  (const UdpnatSimOptions *options,
                         const SimPick          *pick);

G_END_DECLS
