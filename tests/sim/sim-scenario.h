#pragma once

#include "sim-link.h"
#include "sim-nat.h"

G_BEGIN_DECLS

/* A world and all that will happen in it, as data: drawn from a seed (sim-scenario.c), reduced
 * (sim-scenario-reduce.c), said in words (sim-scenario-words.c) and played (sim-play.c). */

#define SIM_PEOPLE_MAX 50
#define SIM_SERVERS_MAX 3

/* What can be taken out of a world, to see whether a fault needs it. */
typedef enum
{
  SIM_FEATURE_LOSS,
  SIM_FEATURE_BURSTS,
  SIM_FEATURE_REORDER,
  SIM_FEATURE_DUPLICATES,
  SIM_FEATURE_CORRUPTION,
  SIM_FEATURE_JITTER,
  SIM_FEATURE_RATE,
  SIM_FEATURE_MTU,
  SIM_FEATURE_DELAY,
  SIM_FEATURE_IPV6,
  SIM_FEATURE_CARRIERS,
  SIM_FEATURE_ROUTERS,
  SIM_FEATURE_LIFETIMES, /* of mappings: as most routers have them instead */
  SIM_FEATURE_BEACONS,
  SIM_FEATURE_TUNNELS, /* and the networks that need them */
  SIM_FEATURE_SLOW_DISKS,
  SIM_FEATURE_PREKEYS,
  SIM_FEATURE_SHYNESS,
  SIM_FEATURE_ABROAD, /* people at different servers have to do with each other */
  SIM_FEATURE_ALIKE, /* networks behind routers have the same addresses */
  SIM_FEATURE_FILES, /* people offer them */
  SIM_N_FEATURES,
} SimFeature;

/* An access network behind one NAT: CGNAT. */
typedef struct
{
  SimNatConfig nat;
} SimCarrier;

/**
 * SimSite:
 * @carrier: index; -1: it has public addresses
 * @has_router: whether there is a router of its own; without and with a carrier it is a mobile
 *   network, without both a host on the open Internet
 * @up: of the line, away from it; shared by all who are there
 */
typedef struct
{
  int           carrier;
  gboolean      has_router;
  SimNatConfig  router;
  SimLinkConfig up;
  SimLinkConfig down;
  gboolean      has_ipv6;
} SimSite;

/**
 * SimPerson:
 * @site: index: where the person is at first
 * @server: index
 * @is_shy: accepts nobody before it is said so
 * @n_lines_kept: of somebody who is not accepted
 * @asks_files: fetches no file before it is said so
 * @is_dropped: is not there at all
 */
typedef struct
{
  guint         site;
  guint         server;
  SimLinkConfig wifi; /* to the router, both ways */
  gint64        disk_delay_us;
  guint         n_prekeys;
  gboolean      is_shy;
  guint         n_lines_kept;
  gboolean      has_beacons;
  gint64        clock_us;
  gboolean      asks_files;
  gboolean      is_dropped;
} SimPerson;

typedef struct
{
  SimLinkConfig up;
  SimLinkConfig down;
  gint64        disk_delay_us;
  gboolean      has_mailbox;
} SimServerPlace;

/* What happens: which members of #SimEvent say more is behind each. */
typedef enum
{
  SIM_EVENT_SAY,          /* @whom says @n lines of @n_bytes to @other */
  SIM_EVENT_ACCEPT,       /* @whom takes @other for a contact */
  SIM_EVENT_RELAY_ONLY,   /* @whom wants no direct paths: @is_on, or again */
  SIM_EVENT_READ,         /* @whom has seen what @other has said */
  SIM_EVENT_LOG_OUT,      /* @whom does not want to be reached, if @is_on, or again */
  SIM_EVENT_SLEEP,        /* @whom closes the lid for @for_us */
  SIM_EVENT_ROAM,         /* @whom goes to site @other */
  SIM_EVENT_KILL,         /* @whom's program dies */
  SIM_EVENT_KILL_AT_WRITE, /* it does at its write @n from now, which is kept if @is_on */
  SIM_EVENT_START,        /* @whom's program starts, unless it runs */
  SIM_EVENT_DISK,         /* @whom's disk is full, if @is_on, or has room again */
  SIM_EVENT_CLOCK,        /* @whom's clock is set: by @for_us, forward or back */
  SIM_EVENT_LIE,          /* @whom says that it is where @n others are */
  SIM_EVENT_REBOOT,       /* router of site @whom forgets; has a new address if @is_on */
  SIM_EVENT_CARRIER_REBOOT, /* likewise of carrier @whom */
  SIM_EVENT_UDP,          /* the router of site @whom lets no UDP pass, if @is_on, or again */
  SIM_EVENT_LINE,         /* the line of site @whom is cut, if @is_on, or whole again */
  SIM_EVENT_CUT,          /* nothing gets from site @whom to site @other, if @is_on */
  SIM_EVENT_SERVER_CUT,   /* nothing gets from server @other to site @whom, if @is_on */
  SIM_EVENT_SERVER_KILL,
  SIM_EVENT_SERVER_KILL_AT_WRITE, /* as KILL_AT_WRITE, server @whom */
  SIM_EVENT_SERVER_STOP,  /* it says goodbye */
  SIM_EVENT_SERVER_START, /* unless it runs; its disk is empty if @is_on */
  SIM_EVENT_SERVER_DISK,  /* as DISK */
  SIM_EVENT_FLOOD,        /* person @whom gets @n datagrams of kind @other from forged addresses */
  SIM_EVENT_SERVER_FLOOD, /* likewise server @whom */
  SIM_EVENT_FILE_OFFER,   /* @whom offers @other a file of @n_bytes */
  SIM_EVENT_FILE_ACCEPT,  /* @whom accepts what @other has offered last */
  SIM_EVENT_FILE_PAUSE,   /* @whom lets the last file with @other stand, if @is_on, or go on */
  SIM_EVENT_FILE_CANCEL,  /* @whom does not want the last file with @other any more */
  SIM_EVENT_FILE_STEAL,   /* @whom asks for all that @other has offered to others */
  SIM_N_EVENTS,
} SimEventKind;

/* What a flood consists of. */
typedef enum
{
  SIM_FLOOD_NOISE,
  SIM_FLOOD_REPEATS,  /* of what others have sent to the same host */
  SIM_FLOOD_SPOILT,   /* likewise, with changed bits */
  SIM_FLOOD_INFO,
  SIM_FLOOD_HANDSHAKES, /* valid first messages of keys that nobody knows */
  SIM_N_FLOODS,
} SimFlood;

/**
 * SimEvent:
 * @number: place in the whole script; does not change when others are taken out
 * @at_us: since the world began
 */
typedef struct
{
  guint        number;
  gint64       at_us;
  SimEventKind kind;
  guint        whom;
  guint        other;
  guint        n;
  guint        n_bytes;
  gboolean     is_on;
  gint64       for_us;
} SimEvent;

/**
 * SimScenario:
 * @events: of #SimEvent, in the order of their times
 * @has_tunnels: programs reach servers over TCP where UDP does not pass
 * @end_us: when the script is over and everything is put right
 */
typedef struct
{
  guint64        seed;
  gint64         core_delay_us;
  SimServerPlace servers[SIM_SERVERS_MAX];
  guint          n_servers;
  GArray        *carriers; /* of SimCarrier */
  GArray        *sites;    /* of SimSite */
  SimPerson      people[SIM_PEOPLE_MAX];
  guint          n_people;
  gboolean       has_tunnels;
  gboolean       are_nets_alike;
  GArray        *events;
  gint64         end_us;
} SimScenario;

SimScenario *sim_scenario_new          (guint64            seed);
void         sim_scenario_free         (SimScenario       *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimScenario, sim_scenario_free)

/* sim-scenario-script.c */
void         sim_scenario_draw_script  (SimScenario       *self,
                                        SimRandom         *random,
                                        SimRandom         *abroad,
                                        SimRandom         *files);

/* sim-scenario-reduce.c */
void         sim_scenario_keep_events  (SimScenario       *self,
                                        const guint       *numbers,
                                        guint              n_numbers);
void         sim_scenario_drop_person  (SimScenario       *self,
                                        guint              person);
void         sim_scenario_drop_feature (SimScenario       *self,
                                        SimFeature         feature);
const char  *sim_feature_to_string     (SimFeature         feature);
gboolean     sim_feature_parse         (const char        *text,
                                        SimFeature        *out_feature) G_GNUC_WARN_UNUSED_RESULT;

/* sim-scenario-words.c */
char        *sim_event_to_string       (const SimEvent    *event);
void         sim_scenario_describe     (const SimScenario *self,
                                        GString           *out);

G_END_DECLS
