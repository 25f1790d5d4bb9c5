/* One UDP port of this program, on IPv4, IPv6 or both: moving datagrams.
 *
 * They go in batches through recvmmsg(2) and sendmmsg(2) on the descriptors that GSocket owns:
 * GIO's address object for each packet costs more than the packet, and a system call more than
 * that.
 *
 * Datagrams in a row that go to one address and are of one size leave as one message, which the
 * kernel or the network card cuts (UDP_SEGMENT, udp(7)): a way through the kernel costs more than
 * all that we do with a datagram. What may come in joined likewise is for who wants it
 * (udpnat_socket_join_input()).
 *
 * Not here: opening (udpnat-socket-pair.c), waiting (udpnat-machine-source.c) and anything that
 * knows what is inside a datagram.
 *
 * On a network without IPv4 that has a NAT64, IPv4 addresses are written into IPv6 ones here and
 * read out of them again (RFC 6052), so that nobody above needs to know.
 *
 * UDP promises nothing, so neither does sending: what the kernel does not take at once is dropped
 * and counted, and the retransmission above does the rest. ICMP errors are ignored: anybody can
 * forge them (RFC 8085, section 5.2).
 */

#include "config.h"

#include "udpnat-socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

#include "udpnat-sockaddr.h"
#include "udpnat-socket-joined-private.h"
#include "udpnat-socket-private.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103 /* since Linux 4.18; not in the headers of older C libraries */
#endif

/* What the kernel takes in one message: UDP_MAX_SEGMENTS, and a length of 16 bits with headers. */
#define SEGMENTS_MAX 64
#define SEGMENTED_MAX_BYTES 65000

/* A pending error (ICMP) makes one call fail and is gone then. More in a row is not worth
 * waiting for. */
#define RECEIVE_TRIES 4

typedef enum
{
  FAMILY_IPV4,
  FAMILY_IPV6,
  N_FAMILIES,
} Family;

/* Control message with a TTL, an interface or a size of segments; cmsghdr wants its own
 * alignment. */
typedef union
{
  struct cmsghdr header;
  guint8         bytes[CMSG_SPACE (sizeof (struct in_pktinfo))];
} Control;

struct _UdpnatSocket
{
  GSocket          *sockets[N_FAMILIES]; /* (nullable) each, but not both */
  guint16           port;
  Family            receive_first; /* turns, so that a flood on one family starves no other */
  UdpnatSocketStats stats;
  UdpnatNat64Prefix nat64;         /* n_bits 0: IPv4 is IPv4 */
  gboolean          is_multicast; /* what goes to a group leaves by each of these */
  UdpnatInterface   interfaces[UDPNAT_INTERFACES_MAX];
  guint             n_interfaces;
  gboolean          is_uncut; /* the kernel cannot cut messages on this way */
  UdpnatSocketJoined *joined[N_FAMILIES]; /* nullable */

  /* For the batch calls; here, so that no datagram costs an allocation. */
  struct mmsghdr          messages[UDPNAT_SOCKET_BATCH];
  struct iovec            buffers[UDPNAT_SOCKET_BATCH];
  struct sockaddr_storage names[UDPNAT_SOCKET_BATCH];
  Control                 controls[UDPNAT_SOCKET_BATCH];
};

/**
 * udpnat_socket_new:
 * @ip: (nullable): what to listen on: "0.0.0.0" for IPv4, "::" for IPv6 (only), an address of this
 *   machine, or %NULL for all addresses of both families
 * @port: UDP port; 0 lets the system choose
 * @n_more_ports: how many following ports to try while the one before is taken; 0: only @port
 *
 * Opens and binds. With @ip %NULL both families get the same port number, and one that this machine
 * lacks is left out.
 *
 * Returns: (transfer full) (nullable): the socket, or %NULL with an error of %UDPNAT_IO_ERROR
 */
UdpnatSocket *
udpnat_socket_new (const char *ip,
                   guint16     port,
                   guint       n_more_ports,
                   GError    **error)
{
  UdpnatSocketPair pair = { 0 };

  if (!udpnat_socket_pair_open (&pair, ip, port, n_more_ports, error))
    return NULL;
  return udpnat_socket_new_for_pair (&pair);
}

/* udpnat_socket_new_for_pair: @pair: open; its sockets are taken over */
UdpnatSocket *
udpnat_socket_new_for_pair (const UdpnatSocketPair *pair)
{
  UdpnatSocket *self = g_new0 (UdpnatSocket, 1);

  self->sockets[FAMILY_IPV4] = pair->ipv4;
  self->sockets[FAMILY_IPV6] = pair->ipv6;
  self->port = pair->port;
  return self;
}

/* udpnat_socket_set_interfaces: from now on what is sent goes to groups, and leaves by each of
 * @interfaces */
void
udpnat_socket_set_interfaces (UdpnatSocket          *self,
                              const UdpnatInterface *interfaces,
                              guint                  n_interfaces)
{
  g_assert (n_interfaces <= G_N_ELEMENTS (self->interfaces));
  self->is_multicast = TRUE;
  self->n_interfaces = n_interfaces;
  for (guint i = 0; i < n_interfaces; i++)
    self->interfaces[i] = interfaces[i];
}

void
udpnat_socket_free (UdpnatSocket *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < N_FAMILIES; i++)
    {
      g_clear_pointer (&self->joined[i], udpnat_socket_joined_free);
      g_clear_object (&self->sockets[i]);
    }
  g_free (self);
}

/**
 * udpnat_socket_set_nat64:
 * @prefix: (nullable): IPv4 addresses of the Internet are reached by IPv6, behind this; %NULL: as
 *   themselves
 */
void
udpnat_socket_set_nat64 (UdpnatSocket            *self,
                         const UdpnatNat64Prefix *prefix)
{
  self->nat64 = prefix != NULL ? *prefix : (UdpnatNat64Prefix) { .n_bits = 0 };
}

/**
 * udpnat_socket_join_input:
 *
 * From now on the kernel may hand over many datagrams at once, if it can: for sockets by which very
 * many come. Costs some memory. udpnat_socket_has_input() has to be asked then besides poll(2).
 */
void
udpnat_socket_join_input (UdpnatSocket *self)
{
  for (guint i = 0; i < N_FAMILIES; i++)
    if (self->sockets[i] != NULL && self->joined[i] == NULL)
      self->joined[i] = udpnat_socket_joined_new (g_socket_get_fd (self->sockets[i]));
}

/** udpnat_socket_has_input: Returns: whether datagrams wait of which poll(2) does not know */
gboolean
udpnat_socket_has_input (const UdpnatSocket *self)
{
  for (guint i = 0; i < N_FAMILIES; i++)
    if (self->joined[i] != NULL && udpnat_socket_joined_has_more (self->joined[i]))
      return TRUE;
  return FALSE;
}

/* ---- Looking ---- */

/**
 * udpnat_socket_get_port:
 *
 * Returns: the port that it really has; never 0
 */
guint16
udpnat_socket_get_port (const UdpnatSocket *self)
{
  return self->port;
}

/**
 * udpnat_socket_get_ipv4:
 *
 * Returns: (transfer none) (nullable): the IPv4 half
 */
GSocket *
udpnat_socket_get_ipv4 (const UdpnatSocket *self)
{
  return self->sockets[FAMILY_IPV4];
}

/**
 * udpnat_socket_get_ipv6:
 *
 * Returns: (transfer none) (nullable): the IPv6 half
 */
GSocket *
udpnat_socket_get_ipv6 (const UdpnatSocket *self)
{
  return self->sockets[FAMILY_IPV6];
}

/**
 * udpnat_socket_get_fds:
 * @out_fds: file descriptors to poll for input; they stay the socket's
 *
 * Returns: how many were written, 1 or 2
 */
guint
udpnat_socket_get_fds (const UdpnatSocket *self,
                       int                 out_fds[2])
{
  guint n_fds = 0;

  for (guint i = 0; i < N_FAMILIES; i++)
    if (self->sockets[i] != NULL)
      out_fds[n_fds++] = g_socket_get_fd (self->sockets[i]);
  return n_fds;
}

UdpnatSocketStats
udpnat_socket_get_stats (const UdpnatSocket *self)
{
  return self->stats;
}

/* ---- Receiving ---- */

static void
prepare_receive (UdpnatSocket   *self,
                 UdpnatDatagram *datagrams,
                 guint           n_datagrams)
{
  for (guint i = 0; i < n_datagrams; i++)
    {
      self->buffers[i] = (struct iovec) {
        .iov_base = datagrams[i].data,
        .iov_len = sizeof datagrams[i].data,
      };
      self->messages[i].msg_hdr = (struct msghdr) {
        .msg_name = &self->names[i],
        .msg_namelen = sizeof self->names[i],
        .msg_iov = &self->buffers[i],
        .msg_iovlen = 1,
      };
    }
}

/* All but the bytes and the address, which is as it came. */
static void
finish_datagram (const UdpnatSocket *self,
                 UdpnatDatagram     *datagram)
{
  UdpnatAddress source = datagram->remote;

  datagram->socket = UDPNAT_SOCKET_MAIN;
  datagram->local_port = self->port;
  datagram->ttl = 0;
  if (!udpnat_nat64_extract (&self->nat64, &source, &datagram->remote))
    datagram->remote = source;
}

/* Fills in what recvmmsg() has told, and closes the gaps that oversize datagrams leave. */
static guint
finish_receive (UdpnatSocket   *self,
                UdpnatDatagram *datagrams,
                guint           n_received)
{
  guint n_kept = 0;

  for (guint i = 0; i < n_received; i++)
    {
      UdpnatDatagram *datagram = &datagrams[n_kept];

      if ((self->messages[i].msg_hdr.msg_flags & MSG_TRUNC) != 0)
        {
          self->stats.oversize++;
          continue;
        }
      datagram->n_data = self->messages[i].msg_len;
      udpnat_sockaddr_to_address (&self->names[i], &datagram->remote);
      finish_datagram (self, datagram);
      if (n_kept != i)
        memcpy (datagram->data, datagrams[i].data, datagram->n_data);
      n_kept++;
    }
  self->stats.received += n_kept;
  return n_kept;
}

static guint
receive_family (UdpnatSocket   *self,
                GSocket        *socket,
                UdpnatDatagram *datagrams,
                guint           n_max)
{
  for (guint i = 0; i < RECEIVE_TRIES; i++)
    {
      int n_received;

      prepare_receive (self, datagrams, n_max);
      n_received = recvmmsg (g_socket_get_fd (socket), self->messages, n_max, MSG_DONTWAIT, NULL);
      if (n_received >= 0)
        return finish_receive (self, datagrams, n_received);
      if (errno == EAGAIN)
        return 0;
    }
  return 0;
}

static guint
receive_joined (UdpnatSocket       *self,
                UdpnatSocketJoined *joined,
                UdpnatDatagram     *datagrams,
                guint               n_max)
{
  guint n_received = udpnat_socket_joined_read (joined, datagrams, n_max, &self->stats.oversize);

  for (guint i = 0; i < n_received; i++)
    finish_datagram (self, &datagrams[i]);
  self->stats.received += n_received;
  return n_received;
}

/**
 * udpnat_socket_receive_batch:
 * @out_datagrams: (array length=n_max): filled from the start; `socket` is %UDPNAT_SOCKET_MAIN in
 *   each
 * @n_max: room in @out_datagrams; at most %UDPNAT_SOCKET_BATCH are read in one go
 *
 * Takes what has arrived, without waiting. Datagrams of more than %UDPNAT_DATAGRAM_MAX_BYTES are
 * dropped and counted; empty ones are handed on.
 *
 * Returns: how many were written. Fewer than asked for does not mean that nothing is left: poll
 * tells.
 */
guint
udpnat_socket_receive_batch (UdpnatSocket   *self,
                             UdpnatDatagram *out_datagrams,
                             guint           n_max)
{
  guint n_total = 0;

  n_max = MIN (n_max, UDPNAT_SOCKET_BATCH);
  for (guint i = 0; i < N_FAMILIES && n_total < n_max; i++)
    {
      Family          family = (self->receive_first + i) % N_FAMILIES;
      UdpnatDatagram *rest = out_datagrams + n_total;

      if (self->joined[family] != NULL)
        n_total += receive_joined (self, self->joined[family], rest, n_max - n_total);
      else if (self->sockets[family] != NULL)
        n_total += receive_family (self, self->sockets[family], rest, n_max - n_total);
    }
  self->receive_first = (self->receive_first + 1) % N_FAMILIES;
  return n_total;
}

/* ---- Sending ---- */

static void
set_control (UdpnatSocket *self,
             guint         i,
             int           level,
             int           type,
             gconstpointer value,
             gsize         n_value)
{
  struct msghdr *header = &self->messages[i].msg_hdr;
  Control *control = &self->controls[i];
  struct cmsghdr *message;

  memset (control, 0, sizeof *control);
  header->msg_control = control;
  header->msg_controllen = CMSG_SPACE (n_value);
  message = CMSG_FIRSTHDR (header);
  message->cmsg_level = level;
  message->cmsg_type = type;
  message->cmsg_len = CMSG_LEN (n_value);
  memcpy (CMSG_DATA (message), value, n_value);
}

static void
prepare_ttl (UdpnatSocket *self,
             guint         i,
             Family        family,
             int           ttl)
{
  if (family == FAMILY_IPV4)
    set_control (self, i, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl);
  else
    set_control (self, i, IPPROTO_IPV6, IPV6_HOPLIMIT, &ttl, sizeof ttl);
}

/* By which interface a datagram to a group leaves; its address becomes the source. */
static void
prepare_interface (UdpnatSocket          *self,
                   guint                  i,
                   Family                 family,
                   const UdpnatInterface *interface)
{
  struct in_pktinfo info = { .ipi_ifindex = (int) interface->index };

  if (family == FAMILY_IPV6)
    {
      ((struct sockaddr_in6 *) &self->names[i])->sin6_scope_id = interface->index;
      return;
    }
  memcpy (&info.ipi_spec_dst, interface->ipv4.ip, 4);
  set_control (self, i, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
}

/* RFC 6052 section 3.1: what has no meaning in the whole Internet has none behind the prefix. */
static gboolean
is_translated (const UdpnatSocket  *self,
               const UdpnatAddress *to)
{
  return self->nat64.n_bits != 0 && to->family == UDPNAT_FAMILY_IPV4
         && udpnat_address_get_scope (to) == UDPNAT_SCOPE_GLOBAL;
}

static socklen_t
write_remote (UdpnatSocket        *self,
              guint                i,
              const UdpnatAddress *to)
{
  UdpnatAddress translated;

  if (!is_translated (self, to))
    return udpnat_sockaddr_from_address (&self->names[i], to);
  udpnat_nat64_embed (&self->nat64, to, &translated);
  return udpnat_sockaddr_from_address (&self->names[i], &translated);
}

static Family
choose_family (const UdpnatSocket  *self,
               const UdpnatAddress *to)
{
  return to->family == UDPNAT_FAMILY_IPV6 || is_translated (self, to) ? FAMILY_IPV6 : FAMILY_IPV4;
}

static struct iovec
get_bytes (const UdpnatDatagram *datagram)
{
  g_assert (datagram->n_data <= UDPNAT_DATAGRAM_MAX_BYTES);
  return (struct iovec) {
    .iov_base = (guint8 *) datagram->data, /* only read */
    .iov_len = datagram->n_data,
  };
}

/* @i: message; @buffer: its first */
static void
prepare_send (UdpnatSocket         *self,
              guint                 i,
              guint                 buffer,
              Family                family,
              const UdpnatDatagram *datagram)
{
  self->buffers[buffer] = get_bytes (datagram);
  self->messages[i].msg_hdr = (struct msghdr) {
    .msg_name = &self->names[i],
    .msg_namelen = write_remote (self, i, &datagram->remote),
    .msg_iov = &self->buffers[buffer],
    .msg_iovlen = 1,
  };
  if (datagram->ttl != 0)
    prepare_ttl (self, i, family, datagram->ttl);
}

/* ---- Cutting ---- */

static void
prepare_segments (UdpnatSocket *self,
                  guint         i)
{
  const struct msghdr *header = &self->messages[i].msg_hdr;
  guint16 n_segment = (guint16) header->msg_iov[0].iov_len;

  if (header->msg_iovlen > 1)
    set_control (self, i, IPPROTO_UDP, UDP_SEGMENT, &n_segment, sizeof n_segment);
}

/* Whether @datagram can go at the end of the message that begins with @first. Its last buffer is
 * that of the datagram before. */
static gboolean
can_join (const UdpnatSocket   *self,
          const struct msghdr  *header,
          const UdpnatDatagram *first,
          const UdpnatDatagram *datagram)
{
  const gsize n_segment = header->msg_iov[0].iov_len;

  return !self->is_uncut && header->msg_iovlen < SEGMENTS_MAX
         && first->ttl == 0 && datagram->ttl == 0
         && datagram->n_data > 0 && datagram->n_data <= n_segment
         && header->msg_iov[header->msg_iovlen - 1].iov_len == n_segment
         && (header->msg_iovlen + 1) * n_segment <= SEGMENTED_MAX_BYTES
         && udpnat_address_equal (&first->remote, &datagram->remote);
}

/* Returns: how many of the datagrams of the message @i the kernel takes one by one. It cannot cut
 * at all (EIO), or not to pieces that the way does not take either (EINVAL). */
static guint
send_uncut (UdpnatSocket *self,
            GSocket      *socket,
            guint         i)
{
  struct msghdr header = self->messages[i].msg_hdr;
  const guint n_segments = header.msg_iovlen;
  guint n_sent = 0;

  self->is_uncut |= errno == EIO;
  header.msg_iovlen = 1;
  header.msg_control = NULL;
  header.msg_controllen = 0;
  for (guint j = 0; j < n_segments; j++, header.msg_iov++)
    n_sent += sendmsg (g_socket_get_fd (socket), &header, MSG_DONTWAIT) >= 0 ? 1 : 0;
  return n_sent;
}

static guint
count_datagrams (const UdpnatSocket *self,
                 guint               first,
                 guint               n_messages)
{
  guint n_datagrams = 0;

  for (guint i = first; i < first + n_messages; i++)
    n_datagrams += self->messages[i].msg_hdr.msg_iovlen;
  return n_datagrams;
}

/* One that the kernel refuses. */
static void
give_up (UdpnatSocket *self,
         GSocket      *socket,
         guint         i)
{
  guint n_segments = self->messages[i].msg_hdr.msg_iovlen;
  guint n_sent = n_segments > 1 ? send_uncut (self, socket, i) : 0;

  self->stats.sent += n_sent;
  self->stats.failed += n_segments - n_sent;
}

/* Sends the first @n_messages prepared ones. One that the kernel refuses is left out and the
 * rest goes on. */
static void
send_prepared (UdpnatSocket *self,
               GSocket      *socket,
               guint         n_messages)
{
  guint n_done = 0;
  guint n_refused_in_row = 0;

  while (n_done < n_messages)
    {
      int n_sent = sendmmsg (g_socket_get_fd (socket),
                             self->messages + n_done, n_messages - n_done, MSG_DONTWAIT);

      if (n_sent > 0)
        {
          self->stats.sent += count_datagrams (self, n_done, n_sent);
          n_done += n_sent;
          n_refused_in_row = 0;
        }
      else if (errno == EAGAIN || errno == ENOBUFS)
        {
          /* The buffer is full, so it is for the others as well. */
          self->stats.dropped += count_datagrams (self, n_done, n_messages - n_done);
          return;
        }
      else if ((errno == ECONNREFUSED || errno == EINTR) && n_refused_in_row == 0)
        {
          /* Not about this datagram: an old ICMP error, now gone. Once more. */
          n_refused_in_row++;
        }
      else
        {
          give_up (self, socket, n_done++);
          n_refused_in_row = 0;
        }
    }
}

/* Rare and small: no batch. */
static void
send_by_interfaces (UdpnatSocket         *self,
                    Family                family,
                    const UdpnatDatagram *datagram)
{
  for (guint i = 0; i < self->n_interfaces; i++)
    {
      const UdpnatInterface *interface = &self->interfaces[i];

      if (!(family == FAMILY_IPV4 ? interface->has_ipv4 : interface->has_ipv6))
        continue;
      prepare_send (self, 0, 0, family, datagram);
      prepare_interface (self, 0, family, interface);
      send_prepared (self, self->sockets[family], 1);
    }
}

/* Prepares messages from the datagrams of this family, beginning with the one at @i.
 *
 * Returns: where it stopped, because there is no more room or nothing is left */
static guint
prepare_family (UdpnatSocket         *self,
                Family                family,
                const UdpnatDatagram *datagrams,
                guint                 n_datagrams,
                guint                 i,
                guint                *out_n_messages)
{
  const UdpnatDatagram *first = NULL; /* of the last message */
  guint n_messages = 0, n_buffers = 0;

  for (; i < n_datagrams && n_buffers < UDPNAT_SOCKET_BATCH; i++)
    {
      const UdpnatDatagram *datagram = &datagrams[i];
      struct msghdr *last = &self->messages[MAX (n_messages, 1) - 1].msg_hdr;

      if (choose_family (self, &datagram->remote) != family)
        continue;
      if (first != NULL && can_join (self, last, first, datagram))
        {
          self->buffers[n_buffers++] = get_bytes (datagram);
          last->msg_iovlen++;
        }
      else
        {
          prepare_send (self, n_messages++, n_buffers++, family, datagram);
          first = datagram;
        }
    }
  for (guint j = 0; j < n_messages; j++)
    prepare_segments (self, j);
  *out_n_messages = n_messages;
  return i;
}

static void
send_family (UdpnatSocket         *self,
             Family                family,
             const UdpnatDatagram *datagrams,
             guint                 n_datagrams)
{
  guint n_messages, i = 0;

  while (i < n_datagrams)
    {
      i = prepare_family (self, family, datagrams, n_datagrams, i, &n_messages);
      if (n_messages > 0)
        send_prepared (self, self->sockets[family], n_messages);
    }
}

/* What cannot be sent for want of a socket, and what goes to groups. */
static void
send_one_by_one (UdpnatSocket         *self,
                 const UdpnatDatagram *datagrams,
                 guint                 n_datagrams)
{
  for (guint i = 0; i < n_datagrams; i++)
    {
      Family family = choose_family (self, &datagrams[i].remote);

      if (self->sockets[family] == NULL)
        self->stats.failed++;
      else if (self->is_multicast)
        send_by_interfaces (self, family, &datagrams[i]);
    }
}

/**
 * udpnat_socket_send:
 * @datagrams: (array length=n_datagrams): what to send where; `socket` is not looked at
 *
 * Sends without waiting, in order for each family. Failures are counted (see
 * udpnat_socket_get_stats()), not told: UDP may lose anything anyway.
 */
void
udpnat_socket_send (UdpnatSocket         *self,
                    const UdpnatDatagram *datagrams,
                    guint                 n_datagrams)
{
  for (guint i = 0; i < N_FAMILIES && !self->is_multicast; i++)
    if (self->sockets[i] != NULL)
      send_family (self, (Family) i, datagrams, n_datagrams);
  if (self->is_multicast || self->sockets[FAMILY_IPV4] == NULL
      || self->sockets[FAMILY_IPV6] == NULL)
    send_one_by_one (self, datagrams, n_datagrams);
}
