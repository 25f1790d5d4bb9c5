#pragma once

#include "udpnat-file-fetcher.h"
#include "udpnat-file-giver.h"
#include "udpnat-message.h"

G_BEGIN_DECLS

typedef struct _UdpnatPeerFiles UdpnatPeerFiles;

/* What a peer keeps of files that go over: nothing of it outlives the program, and all of it
 * outlives sessions. */
struct _UdpnatPeerFiles
{
  UdpnatFileGiver   *giver;
  UdpnatFileFetcher *fetcher;
  gint64             active_us; /* when it was last noted that something goes over */
  gint64             asked_us;  /* when the peer was last asked whether it is still there */
};

G_END_DECLS
