/* A cable that takes time: two Ethernet devices on two machines of the lab, and what goes into one
 * comes out of the other so much later. For kernels without netem.
 *
 *   delay-link NAMESPACE DEVICE NAMESPACE DEVICE MICROSECONDS [LOST [LATE]]
 *
 * Of a million frames, so many are lost, and so many take LATE_NS longer and are overtaken. Says
 * "ready" when both are there; they go with the program. */

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <poll.h>

#define FRAME_MAX 2048
/* Frames that are under way in one direction; what does not fit is lost, as on a real line. */
#define N_FRAMES 4096
#define LATE_NS INT64_C (5000000)

typedef struct
{
  int64_t  due_ns;
  uint16_t length;
  uint8_t  data[FRAME_MAX];
} Frame;

typedef struct
{
  Frame    frames[N_FRAMES];
  unsigned first;
  unsigned count;
} Line;

static Line lines[2], late_lines[2];
static long lost_ppm, late_ppm;

static void
die (const char *what)
{
  fprintf (stderr, "delay-link: %s: %s\n", what, strerror (errno));
  exit (1);
}

static int64_t
get_now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C (1000000000) + now.tv_nsec;
}

/* Returns: the device, made in that namespace */
static int
open_device (const char *namespace,
             const char *name)
{
  struct ifreq request = { 0 };
  int device;
  int handle = open (namespace, O_RDONLY | O_CLOEXEC);

  if (handle < 0 || setns (handle, CLONE_NEWNET) < 0)
    die (namespace);
  close (handle);
  device = open ("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (device < 0)
    die ("/dev/net/tun");
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  strncpy (request.ifr_name, name, IFNAMSIZ - 1);
  if (ioctl (device, TUNSETIFF, &request) < 0)
    die (name);
  return device;
}

static int
is_drawn (long ppm)
{
  return ppm > 0 && random () % 1000000 < ppm;
}

static void
take (int     device,
      int     way,
      int64_t way_ns)
{
  uint8_t lost[FRAME_MAX];

  while (1)
    {
      const int is_late = is_drawn (late_ppm);
      const int64_t delay_ns = way_ns + (is_late ? LATE_NS : 0);
      Line *line = is_late ? &late_lines[way] : &lines[way];
      Frame *frame = &line->frames[(line->first + line->count) % N_FRAMES];
      const int is_full = line->count == N_FRAMES;
      ssize_t n = read (device, is_full ? lost : frame->data, FRAME_MAX);

      if (n <= 0)
        return;
      if (is_full || is_drawn (lost_ppm))
        continue;
      frame->due_ns = get_now_ns () + delay_ns;
      frame->length = (uint16_t) n;
      line->count++;
    }
}

/* Returns: when the next one is due, or -1 */
static int64_t
give (int   device,
      Line *line)
{
  while (line->count > 0)
    {
      const Frame *frame = &line->frames[line->first];

      if (frame->due_ns > get_now_ns ())
        return frame->due_ns;
      if (write (device, frame->data, frame->length) < 0 && errno != EAGAIN && errno != EIO)
        die ("write");
      line->first = (line->first + 1) % N_FRAMES;
      line->count--;
    }
  return -1;
}

int
main (int    argc,
      char **argv)
{
  struct pollfd polled[2] = { { .events = POLLIN }, { .events = POLLIN } };
  int64_t delay_ns;

  if (argc < 6 || argc > 8)
    {
      fprintf (stderr, "usage: delay-link NAMESPACE DEVICE NAMESPACE DEVICE MICROSECONDS "
                       "[LOST [LATE]]\n");
      return 2;
    }
  lost_ppm = argc > 6 ? strtol (argv[6], NULL, 10) : 0;
  late_ppm = argc > 7 ? strtol (argv[7], NULL, 10) : 0;
  srandom ((unsigned) getpid ());
  delay_ns = strtoll (argv[5], NULL, 10) * 1000;
  prctl (PR_SET_TIMERSLACK, 1UL); /* else each way takes 50 µs more than it should */
  for (int i = 0; i < 2; i++)
    polled[i].fd = open_device (argv[1 + 2 * i], argv[2 + 2 * i]);
  puts ("ready");
  fflush (stdout);
  while (1)
    {
      int64_t next_ns = -1;
      struct timespec timeout = { 0 };

      for (int i = 0; i < 4; i++)
        {
          int64_t due_ns = give (polled[!(i % 2)].fd, i < 2 ? &lines[i] : &late_lines[i - 2]);

          if (due_ns >= 0 && (next_ns < 0 || due_ns < next_ns))
            next_ns = due_ns;
        }
      if (next_ns >= 0)
        {
          int64_t left_ns = next_ns - get_now_ns ();

          if (left_ns < 0)
            left_ns = 0;
          timeout.tv_sec = left_ns / INT64_C (1000000000);
          timeout.tv_nsec = left_ns % INT64_C (1000000000);
        }
      if (ppoll (polled, 2, next_ns >= 0 ? &timeout : NULL, NULL) < 0 && errno != EINTR)
        die ("poll");
      for (int i = 0; i < 2; i++)
        take (polled[i].fd, i, delay_ns);
    }
}
