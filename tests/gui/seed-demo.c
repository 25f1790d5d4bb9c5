/* What alice and her friends have said, for pictures: every kind of line, state and script. */

#include "config.h"

#include "seed-demo.h"

#define DAY (24 * 60)

#define HEARD(minutes, words)                                                                      \
  {                                                                                                \
    .minutes_ago = (minutes), .text = (words), .type = UDPNAT_ITEM_TEXT                            \
  }
#define SAID(minutes, how, words)                                                                  \
  {                                                                                                \
    .minutes_ago = (minutes), .is_mine = TRUE, .text = (words), .type = UDPNAT_ITEM_TEXT,          \
    .state = UDPNAT_ITEM_STATE_##how                                                               \
  }
#define HEARD_ON(minutes, kind, n, words)                                                          \
  {                                                                                                \
    .minutes_ago = (minutes), .text = (words), .type = UDPNAT_ITEM_##kind, .back = (n)             \
  }
#define SAID_ON(minutes, kind, n, words)                                                           \
  {                                                                                                \
    .minutes_ago = (minutes), .is_mine = TRUE, .text = (words), .type = UDPNAT_ITEM_##kind,        \
    .back = (n), .state = UDPNAT_ITEM_STATE_READ                                                   \
  }
#define LAST_READ(minutes, words)                                                                  \
  {                                                                                                \
    .minutes_ago = (minutes), .text = (words), .type = UDPNAT_ITEM_TEXT, .is_read = TRUE           \
  }
#define END { .text = NULL }

static const SeedLine with_bob[] = {
  HEARD (2 * DAY + 130, "Did the hole punch work from the train?"),
  SAID (2 * DAY + 128, READ, "Yes, direct in 1.4 s. Through two tunnels, too."),
  HEARD (2 * DAY + 127, "No way 😄"),
  SAID_ON (2 * DAY + 126, REACTION, 1, "🎉"),
  HEARD (DAY + 300, "I have put the measurements here: https://example.org/nat/2026/report.html"),
  HEARD (DAY + 299, "The second table is the interesting one. Symmetric against port-restricted "
                    "still goes through the server, and now it says why, instead of just being "
                    "slow. I would have paid for that sentence last year."),
  SAID_ON (DAY + 290, REPLY, 1,
           "Reading it tonight. Is the third router the one from the library?"),
  HEARD (DAY + 288, "That one, yes. It changes its mind after 30 s."),
  HEARD_ON (DAY + 288, REACTION, 2, "👍"),
  SAID (95, READ, "Lunch tomorrow at the harbour?"),
  HEARD (93, "Gladly. At twelve?"),
  SAID (92, READ, "Half past, I have a call before."),
  SAID_ON (91, EDIT, 1, "Half past twelve, I have a call before."),
  LAST_READ (90, "👍"),
  SAID (12, DELIVERED, "Could you bring the small antenna?"),
  SAID (11, DELIVERED, "The one with the blue cable, it is in the second drawer from the top, "
                       "behind the box with the adapters. If it is not there then Farah has it."),
  HEARD (4, "Found it."),
  HEARD (4, "See you tomorrow!"),
  END
};

static const SeedLine with_chen[] = {
  HEARD (DAY + 40, "文件收到了，谢谢！"),
  SAID (DAY + 38, READ, "不客气。你看第三章了吗？"),
  HEARD (DAY + 37, "看了，写得很清楚。只是图四里的端口号好像反了：应该是先发出去的那个在左边，"
                   "然后才是对方路由器看到的那个。你再检查一下？"),
  LAST_READ (30, "明天下午三点开会，别忘了。"),
  SAID (28, STORED, "好的，三点见 👋"),
  END
};

static const SeedLine with_layla[] = {
  HEARD (3 * DAY, "مرحبا! هل وصلت الصور؟"),
  SAID (3 * DAY - 5, READ, "نعم، وصلت كلها. شكرا جزيلا."),
  LAST_READ (2 * DAY, "سأرسل الباقي غدا مساء، فالملفات كبيرة والشبكة هنا بطيئة قليلا."),
  HEARD (50, "أرسلت لك العنوان الجديد: udpnat:layla@example.org"),
  END
};

static const SeedLine with_dave[] = {
  LAST_READ (5 * DAY, "I am on the boat until the weekend, no signal there."),
  SAID (140, WAITING, "Then read this when you are back: the spare keys are with Grace."),
  SAID (139, WAITING, "And the cat is fine."),
  END
};

static const SeedLine with_grace[] = {
  SAID (6 * DAY, READ, "Happy birthday, Grace! 🎂"),
  HEARD_ON (6 * DAY - 3, REACTION, 1, "❤️"),
  LAST_READ (6 * DAY - 3, "🥳🥳🥳"),
  END
};

static const SeedLine with_hiro[] = {
  HEARD (9 * DAY, "The build is green again."),
  LAST_READ (9 * DAY - 1, "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"),
  SAID (8 * DAY, READ, "Good."),
  END
};

static const SeedLine with_stranger[] = {
  HEARD (33, "Hi, this is Mallory from the radio club. Bob gave me your name, may I ask you "
             "something about antennas?"),
  END
};

static const SeedLine with_hana[] = {
  LAST_READ (2 * DAY, "We set the server up anew at the weekend, with a larger disk."),
  SAID (9, WAITING, "Is it in the old place?"),
  END
};

static const SeedLine with_nobody[] = { END };

static const SeedFriend friends[] = {
  { .folder = "bob", .name = "bob", .nickname = "Bob Ångström",
    .relation = UDPNAT_RELATION_ACCEPTED, .is_verified = TRUE, .is_pinned = TRUE,
    .lines = with_bob },
  { .folder = "chen", .name = "陈晓", .relation = UDPNAT_RELATION_ACCEPTED, .lines = with_chen },
  { .folder = "layla", .name = "ليلى", .relation = UDPNAT_RELATION_ACCEPTED, .lines = with_layla },
  { .folder = "dave", .name = "dave", .nickname = "Dave", .relation = UDPNAT_RELATION_ACCEPTED,
    .lines = with_dave },
  { .folder = "grace", .name = "grace", .relation = UDPNAT_RELATION_ACCEPTED, .is_muted = TRUE,
    .draft = "The spare keys, by the way", .lines = with_grace },
  { .folder = "hiro", .name = "Hiroyuki Constantinopoulos-Fernández of the Northern Observatory",
    .relation = UDPNAT_RELATION_ACCEPTED, .lines = with_hiro },
  { .folder = "mallory", .name = "mallory", .relation = UDPNAT_RELATION_REQUEST,
    .lines = with_stranger },
  { .folder = "farah", .name = "farah", .relation = UDPNAT_RELATION_ACCEPTED,
    .lines = with_nobody },
  { .folder = "hana", .name = "hana", .relation = UDPNAT_RELATION_ACCEPTED, .is_abroad = TRUE,
    .lines = with_hana },
  { .folder = "spammer", .name = "Best Offers", .relation = UDPNAT_RELATION_BLOCKED,
    .lines = with_nobody },
  { .folder = NULL }
};

const SeedFriend *
seed_demo_get_friends (void)
{
  return friends;
}
