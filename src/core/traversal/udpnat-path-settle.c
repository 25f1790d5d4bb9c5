/* What follows for the whole set when something has happened to its paths: which path is in use,
 * why none is, and when it all comes to rest. Each call of the set ends here. */

#include "config.h"

#include "udpnat-path-select-private.h"
#include "udpnat-path-set-private.h"

/* When everything will be let go if nobody says anything. */
gint64
udpnat_path_set_get_idle_time (const UdpnatPathSet *self)
{
  if (self->last_active_us == G_MININT64)
    return G_MININT64;

  return self->last_active_us + UDPNAT_PATH_ACTIVE_US;
}

/** udpnat_path_set_is_active: Returns: whether somebody has talked lately, so that it is worth to
 * keep paths */
gboolean
udpnat_path_set_is_active (const UdpnatPathSet *self,
                           gint64               now_us)
{
  return now_us < udpnat_path_set_get_idle_time (self);
}

gboolean
udpnat_path_set_is_relay_only (const UdpnatPathSet *self)
{
  return self->local.relay_only || self->remote.relay_only;
}

void
udpnat_path_set_set_reason (UdpnatPathSet    *self,
                            UdpnatPathReason  reason)
{
  if (self->reason == reason)
    return;

  g_debug ("path set: reason %s to %s",
           udpnat_path_reason_to_code (self->reason), udpnat_path_reason_to_code (reason));
  self->reason = reason;
  self->is_reason_changed = TRUE;
}

/* Takes @path (nullable: the relay) into use. */
static void
set_selected (UdpnatPathSet *self,
              gint64         now_us,
              UdpnatPath    *path)
{
  if (self->selected == path)
    return;

  if (self->selected != NULL)
    {
      self->selected->check_us = UDPNAT_TIME_NEVER;
      udpnat_path_note_unanswered (self->selected, now_us, UDPNAT_TIME_NEVER);
    }

  self->selected = path;
  self->selected_us = now_us;
  self->is_selected_changed = TRUE;

  if (path != NULL)
    {
      self->fresh_us = UDPNAT_TIME_NEVER;
      self->is_wary = FALSE;
      path->check_us = now_us + UDPNAT_PATH_CONFIRM_AFTER_US;
      udpnat_path_set_cancel_retries (self);
    }
}

static UdpnatPathReason
get_trying_reason (const UdpnatPathSet *self)
{
  return self->search_end_us != UDPNAT_TIME_NEVER ? UDPNAT_PATH_REASON_SEARCHING
                                                  : UDPNAT_PATH_REASON_CONNECTING;
}

static gboolean
is_trying_reason (UdpnatPathReason reason)
{
  return reason == UDPNAT_PATH_REASON_CONNECTING || reason == UDPNAT_PATH_REASON_SEARCHING;
}

/* Whether there is a direct path, or one may still be found by what goes on. */
gboolean
udpnat_path_set_has_hope (const UdpnatPathSet *self)
{
  return self->selected != NULL || is_trying_reason (self->reason);
}

static void
settle_reason (UdpnatPathSet *self,
               gint64         now_us)
{
  if (self->selected != NULL)
    {
      udpnat_path_set_set_reason (self, UDPNAT_PATH_REASON_NONE);
    }
  else if (udpnat_path_set_is_punching (self))
    {
      udpnat_path_set_set_reason (self, get_trying_reason (self));
    }
  else if (is_trying_reason (self->reason))
    {
      udpnat_path_set_set_reason (self, self->search_end_us != UDPNAT_TIME_NEVER
                                          ? UDPNAT_PATH_REASON_SEARCHING
                                          : udpnat_path_set_get_verdict (self));
      udpnat_path_set_schedule_retry (self, now_us);
    }
}

/* Draws the consequences of whatever has just happened to the paths. */
void
udpnat_path_set_settle (UdpnatPathSet *self,
                        gint64         now_us)
{
  UdpnatPath *best;
  gboolean is_lost;

  udpnat_path_set_mark_retiring (self);
  best = udpnat_path_select (self->paths, self->n_paths, self->selected, now_us);
  is_lost = self->selected != NULL && best == NULL;
  set_selected (self, now_us, best);
  if (is_lost)
    {
      udpnat_path_set_set_reason (self, UDPNAT_PATH_REASON_DIRECT_LOST);
      udpnat_path_set_schedule_retry (self, now_us);
    }
  settle_reason (self, now_us);
}

/* Back to the relay with everything, and nothing is tried until something new happens. */
void
udpnat_path_set_stop (UdpnatPathSet    *self,
                      UdpnatPathReason  reason)
{
  for (guint i = 0; i < self->n_paths; i++)
    udpnat_path_forget (self->paths[i]);

  udpnat_path_queue_clear (&self->queue);
  udpnat_path_set_cancel_retries (self);
  self->fresh_us = UDPNAT_TIME_NEVER;
  if (self->selected != NULL)
    self->is_selected_changed = TRUE;
  self->selected = NULL;
  udpnat_path_set_set_reason (self, reason);
}

/* Nobody is talking: nothing more is sent, and the NATs may forget us. */
void
udpnat_path_set_let_go (UdpnatPathSet *self,
                        gint64         now_us)
{
  gboolean had_hope = udpnat_path_set_has_hope (self);

  for (guint i = 0; i < self->n_paths; i++)
    {
      UdpnatPath *path = self->paths[i];

      if (udpnat_path_has_proof (path))
        udpnat_path_let_go (path);
      else if (udpnat_path_is_running (path))
        udpnat_path_forget (path);
    }

  udpnat_path_set_cancel_retries (self);
  self->fresh_us = UDPNAT_TIME_NEVER;
  set_selected (self, now_us, NULL);
  if (had_hope)
    udpnat_path_set_set_reason (self, UDPNAT_PATH_REASON_IDLE);
}

gboolean
udpnat_path_set_is_due_to_let_go (const UdpnatPathSet *self)
{
  return udpnat_path_set_has_any_proof (self) || udpnat_path_set_is_punching (self);
}

/* Something authentic shows that there is a session; the first such sign is the beginning of a
 * conversation. */
void
udpnat_path_set_note_session (UdpnatPathSet *self,
                              gint64         now_us)
{
  if (self->has_session)
    return;

  self->has_session = TRUE;
  if (self->last_active_us == G_MININT64)
    self->last_active_us = now_us;
}
