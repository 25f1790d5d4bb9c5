#pragma once

#include "udpnat-network-report.h"
#include "udpnat-path-report.h"

G_BEGIN_DECLS

/* What stands on the way. */
typedef enum
{
  UDPNAT_STOP_COMPUTER,
  UDPNAT_STOP_ROUTER,
  UDPNAT_STOP_INTERNET,
  UDPNAT_STOP_SERVER,
  UDPNAT_STOP_NETWORK,
  UDPNAT_STOP_PERSON,
} UdpnatStopKind;

/* How two stops are joined. */
typedef enum
{
  UDPNAT_LINK_WORKS,
  UDPNAT_LINK_OPEN,   /* not known, or being tried */
  UDPNAT_LINK_BROKEN, /* tried, and not possible */
} UdpnatLinkState;

/**
 * UdpnatStop:
 * @title: what it is
 * @detail: (nullable): what is known of it
 * @address: (nullable): where it is
 */
typedef struct
{
  UdpnatStopKind  kind;
  char           *title;
  char           *detail;
  char           *address;
} UdpnatStop;

#define UDPNAT_SCENE_STOPS_MAX 5

/**
 * UdpnatPathScene:
 * @links: the first one is from the first stop to the second
 * @has_bypass: whether there is a way past what is in the middle, as there is none through it
 * @words: the whole picture in words
 *
 * What a picture of a path or of a network shows: from where packets go over what to where.
 */
typedef struct
{
  UdpnatStop      stops[UDPNAT_SCENE_STOPS_MAX];
  guint           n_stops;
  UdpnatLinkState links[UDPNAT_SCENE_STOPS_MAX - 1];
  gboolean        has_bypass;
  guint           bypass_from;
  guint           bypass_to;
  UdpnatLinkState bypass;
  char           *words;
} UdpnatPathScene;

UdpnatPathScene *udpnat_path_scene_new_for_path    (UdpnatPathReport    *report,
                                                    const char          *title)
  G_GNUC_WARN_UNUSED_RESULT;
UdpnatPathScene *udpnat_path_scene_new_for_network (UdpnatNetworkReport *report)
  G_GNUC_WARN_UNUSED_RESULT;
void             udpnat_path_scene_free            (UdpnatPathScene     *self);
gboolean         udpnat_path_scene_equal           (const UdpnatPathScene *a,
                                                    const UdpnatPathScene *b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatPathScene, udpnat_path_scene_free)

G_END_DECLS
