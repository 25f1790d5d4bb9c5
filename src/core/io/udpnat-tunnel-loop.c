/* GLib looks at every source and every descriptor in each iteration: with 800 idle connections a
 * datagram that has nothing to do with them cost the server ten times as much. So they share one
 * epoll(7) instance and one heap of times, and GLib sees one source. */

#include "config.h"

#include "udpnat-tunnel-loop.h"

#include <sys/epoll.h>
#include <unistd.h>

#include "udpnat-time.h"

#define EVENTS_MAX 64 /* in one dispatch */

typedef struct
{
  GSource           source; /* first */
  UdpnatTunnelLoop *loop;   /* borrowed */
} LoopSource;

struct _UdpnatTunnelLoop
{
  LoopSource        *source;
  int                epoll_fd;
  UdpnatHeap        *timers; /* monotonic time */
  gint64             ready_us; /* what GLib has been told */
  UdpnatTunnelWatch *pending[EVENTS_MAX]; /* of the dispatch under way; NULL: done, or gone */
};

/* ---- The source ---- */

static void
tell_time (UdpnatTunnelLoop *self)
{
  const UdpnatHeapItem *first = udpnat_heap_peek (self->timers);
  gint64 ready_us = first != NULL ? MAX (first->deadline_us, 0) : -1;

  if (ready_us == self->ready_us)
    return;
  self->ready_us = ready_us;
  g_source_set_ready_time (&self->source->source, ready_us);
}

static void
dispatch_pending (UdpnatTunnelLoop *self,
                  gint64            now_us)
{
  struct epoll_event events[EVENTS_MAX];
  int n_events = epoll_wait (self->epoll_fd, events, EVENTS_MAX, 0);

  for (int i = 0; i < n_events; i++)
    self->pending[i] = events[i].data.ptr;
  for (int i = 0; i < n_events; i++)
    {
      UdpnatTunnelWatch *watch = g_steal_pointer (&self->pending[i]);

      if (watch != NULL)
        watch->ready (watch->user_data, now_us);
    }
}

/* Whoever is called sets another time, or none. */
static void
dispatch_due (UdpnatTunnelLoop *self,
              gint64            now_us)
{
  const UdpnatHeapItem *first;

  for (guint i = 0; i < EVENTS_MAX; i++)
    {
      UdpnatTunnelWatch *watch;

      first = udpnat_heap_peek (self->timers);
      if (first == NULL || first->deadline_us > now_us)
        return;
      watch = first->owner;
      udpnat_heap_remove (self->timers, &watch->timer);
      watch->ready (watch->user_data, now_us);
    }
}

/* The owner of a watch may end the program's loop, but not free this one from within. */
static gboolean
dispatch (GSource    *source,
          GSourceFunc callback,
          gpointer    user_data)
{
  UdpnatTunnelLoop *self = ((LoopSource *) source)->loop;
  const gint64 now_us = g_source_get_time (source);

  dispatch_pending (self, now_us);
  dispatch_due (self, now_us);
  tell_time (self);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = { .dispatch = dispatch };

/* ---- Watches ---- */

/**
 * udpnat_tunnel_watch_start:
 * @watch: all zero; it must stay where it is
 * @ready: called when there is something to read or an error, when there is room to write if that
 *   is wanted, and when the time has come; may stop the watch
 */
void
udpnat_tunnel_watch_start (UdpnatTunnelWatch *watch,
                           UdpnatTunnelLoop  *loop,
                           int                fd,
                           void (*ready) (gpointer user_data,
                                          gint64   now_us),
                           gpointer           user_data)
{
  struct epoll_event event = { .events = EPOLLIN, .data.ptr = watch };

  watch->timer.owner = watch;
  watch->loop = loop;
  watch->fd = fd;
  watch->ready = ready;
  watch->user_data = user_data;
  if (epoll_ctl (loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
    g_debug ("tunnel: descriptor %d cannot be watched", fd); /* its handshake times out */
}

/** udpnat_tunnel_watch_stop: before the descriptor is closed */
void
udpnat_tunnel_watch_stop (UdpnatTunnelWatch *watch)
{
  UdpnatTunnelLoop *loop = watch->loop;

  epoll_ctl (loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
  udpnat_heap_remove (loop->timers, &watch->timer);
  for (guint i = 0; i < EVENTS_MAX; i++)
    if (loop->pending[i] == watch)
      loop->pending[i] = NULL;
  tell_time (loop);
}

void
udpnat_tunnel_watch_want_out (UdpnatTunnelWatch *watch,
                              gboolean           wants_out)
{
  struct epoll_event event = {
    .events = wants_out ? EPOLLIN | EPOLLOUT : EPOLLIN,
    .data.ptr = watch,
  };

  if (watch->wants_out == wants_out)
    return;
  watch->wants_out = wants_out;
  epoll_ctl (watch->loop->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event);
}

/** udpnat_tunnel_watch_set_time: @at_us: monotonic; in the past: as soon as the main loop runs;
 * %UDPNAT_TIME_NEVER: not at all */
void
udpnat_tunnel_watch_set_time (UdpnatTunnelWatch *watch,
                              gint64             at_us)
{
  if (at_us == UDPNAT_TIME_NEVER)
    udpnat_heap_remove (watch->loop->timers, &watch->timer);
  else
    udpnat_heap_set (watch->loop->timers, &watch->timer, at_us);
  tell_time (watch->loop);
}

/* ---- Life ---- */

UdpnatTunnelLoop *
udpnat_tunnel_loop_new (void)
{
  UdpnatTunnelLoop *self = g_new0 (UdpnatTunnelLoop, 1);
  GSource *source = g_source_new (&source_funcs, sizeof (LoopSource));

  self->source = (LoopSource *) source;
  self->source->loop = self;
  self->ready_us = -1;
  self->timers = udpnat_heap_new ();
  self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  g_source_set_static_name (source, "udpnat-tunnel");
  if (self->epoll_fd >= 0)
    g_source_add_unix_fd (source, self->epoll_fd, G_IO_IN);
  g_source_attach (source, g_main_context_get_thread_default ());
  return self;
}

/** udpnat_tunnel_loop_free: when nobody watches any more */
void
udpnat_tunnel_loop_free (UdpnatTunnelLoop *self)
{
  if (self == NULL)
    return;
  g_source_destroy (&self->source->source);
  g_source_unref (&self->source->source);
  udpnat_heap_free (self->timers);
  if (self->epoll_fd >= 0)
    close (self->epoll_fd);
  g_free (self);
}
