/* The thread for what blocks: in order, told once each, and nothing is left when it goes. */

#include "config.h"

#include "udpnat-file-queue.h"

#define N_JOBS 200

typedef struct
{
  UdpnatFileQueue *queue;
  GMainLoop       *loop;
  GThread         *owner;
  GMutex           mutex;    /* the thread waits while it is held */
  guint            n_run;
  guint            n_done;
  guint            n_turns;  /* of the main loop */
  guint            n_wanted;
} Fixture;

typedef struct
{
  Fixture *fixture;
  guint    number;
  gboolean has_run;
  gboolean is_held;
} Job;

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  self->queue = udpnat_file_queue_new ();
  self->loop = g_main_loop_new (NULL, FALSE);
  self->owner = g_thread_self ();
  g_mutex_init (&self->mutex);
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_clear_pointer (&self->queue, udpnat_file_queue_free);
  g_main_loop_unref (self->loop);
  g_mutex_clear (&self->mutex);
}

static void
run (gpointer data)
{
  Job *job = data;
  Fixture *self = job->fixture;

  if (job->is_held)
    {
      g_mutex_lock (&self->mutex);
      g_mutex_unlock (&self->mutex);
    }
  g_assert_true (g_thread_self () != self->owner);
  g_assert_cmpuint (self->n_run++, ==, job->number);
  job->has_run = TRUE;
}

static void
done (gpointer data)
{
  Job *job = data;
  Fixture *self = job->fixture;

  g_assert_true (g_thread_self () == self->owner);
  g_assert_true (job->has_run);
  g_assert_cmpuint (self->n_done++, ==, job->number);
  if (self->n_done == self->n_wanted)
    g_main_loop_quit (self->loop);
  g_free (job);
}

static Job *
make_job (Fixture *self,
          guint    number)
{
  Job *job = g_new0 (Job, 1);

  job->fixture = self;
  job->number = number;
  return job;
}

static void
push_jobs (Fixture *self,
           guint    n)
{
  for (guint i = 0; i < n; i++)
    udpnat_file_queue_push (self->queue, run, done, make_job (self, i));
}

static void
in_order (Fixture      *self,
          gconstpointer unused)
{
  self->n_wanted = N_JOBS;
  push_jobs (self, N_JOBS);
  g_main_loop_run (self->loop);
  g_assert_cmpuint (self->n_run, ==, N_JOBS);
}

static void
nothing_before_the_loop_turns (Fixture      *self,
                               gconstpointer unused)
{
  push_jobs (self, 1);
  g_usleep (20000);
  g_assert_cmpuint (self->n_done, ==, 0);
  self->n_wanted = 1;
  g_main_loop_run (self->loop);
}

static void
free_waits (Fixture      *self,
            gconstpointer unused)
{
  g_test_summary ("All are told when the queue goes, though the loop never turned");
  push_jobs (self, N_JOBS);
  g_clear_pointer (&self->queue, udpnat_file_queue_free);
  g_assert_cmpuint (self->n_done, ==, N_JOBS);
  g_assert_false (g_main_context_iteration (NULL, FALSE));
}

static void
count_turn (Fixture *self)
{
  guint n_before = self->n_done;

  g_main_context_iteration (NULL, TRUE);
  self->n_turns += self->n_done > n_before;
}

static void
many_in_one_turn (Fixture      *self,
                  gconstpointer unused)
{
  g_test_summary ("What finished while the loop was busy is told in one turn");
  push_jobs (self, N_JOBS);
  while (self->n_run < N_JOBS)
    g_usleep (1000);
  g_usleep (5000);
  while (self->n_done < N_JOBS)
    count_turn (self);
  g_assert_cmpuint (self->n_turns, <=, 2);
}

static void
free_in_done (gpointer data)
{
  Job *job = data;
  Fixture *self = job->fixture;

  done (job);
  g_clear_pointer (&self->queue, udpnat_file_queue_free);
}

static void
may_be_freed_when_told (Fixture      *self,
                        gconstpointer unused)
{
  udpnat_file_queue_push (self->queue, run, free_in_done, make_job (self, 0));
  for (guint i = 1; i < 10; i++)
    udpnat_file_queue_push (self->queue, run, done, make_job (self, i));
  while (self->queue != NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (self->n_done, ==, 10);
}

static void
push_in_done (gpointer data)
{
  Job *job = data;
  Fixture *self = job->fixture;

  if (job->number < 9)
    udpnat_file_queue_push (self->queue, run, push_in_done, make_job (self, job->number + 1));
  done (job);
}

static void
may_push_when_told (Fixture      *self,
                    gconstpointer unused)
{
  udpnat_file_queue_push (self->queue, run, push_in_done, make_job (self, 0));
  udpnat_file_queue_free (self->queue);
  self->queue = NULL;
  g_assert_cmpuint (self->n_done, ==, 10);
}

static void
owner_does_not_wait (Fixture      *self,
                     gconstpointer unused)
{
  Job *job = make_job (self, 0);

  job->is_held = TRUE;
  g_mutex_lock (&self->mutex);
  udpnat_file_queue_push (self->queue, run, done, job);
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (self->n_done, ==, 0);
  g_mutex_unlock (&self->mutex);
  self->n_wanted = 1;
  g_main_loop_run (self->loop);
}

static void
without_done (Fixture      *self,
              gconstpointer unused)
{
  Job *job = make_job (self, 0);

  udpnat_file_queue_push (self->queue, run, NULL, job);
  g_clear_pointer (&self->queue, udpnat_file_queue_free);
  g_assert_true (job->has_run);
  g_free (job);
}

static void
other_context (Fixture      *self,
               gconstpointer unused)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  UdpnatFileQueue *queue;

  g_main_context_push_thread_default (context);
  queue = udpnat_file_queue_new ();
  g_main_context_pop_thread_default (context);
  udpnat_file_queue_push (queue, run, done, make_job (self, 0));
  while (self->n_done == 0)
    g_main_context_iteration (context, TRUE);
  udpnat_file_queue_free (queue);
}

#define ADD(path, function) \
  g_test_add ("/io-file-queue/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("run/in-order", in_order);
  ADD ("run/owner-does-not-wait", owner_does_not_wait);
  ADD ("done/not-before-the-loop-turns", nothing_before_the_loop_turns);
  ADD ("done/many-in-one-turn", many_in_one_turn);
  ADD ("done/may-push", may_push_when_told);
  ADD ("done/may-free", may_be_freed_when_told);
  ADD ("done/none", without_done);
  ADD ("done/in-the-context-of-the-maker", other_context);
  ADD ("free/waits", free_waits);

  return g_test_run ();
}
