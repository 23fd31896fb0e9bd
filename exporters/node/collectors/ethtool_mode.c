/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ethtool_mode.c - what the bits of a link mode mask mean.
 */
#include "config.h"

#include "node/collectors/ethtool.h"

#include <linux/ethtool.h>

/* By number, since the header may be older than the kernel that answers. */
static const struct {
    unsigned speed; /* Mbit/s; 0: this bit is something else */
    const char *duplex;
    const char *mode;
} ethtool_speeds[] = {
    [0] = { 10, "half", "10baseT" },
    [1] = { 10, "full", "10baseT" },
    [2] = { 100, "half", "100baseT" },
    [3] = { 100, "full", "100baseT" },
    [4] = { 1000, "half", "1000baseT" },
    [5] = { 1000, "full", "1000baseT" },
    [12] = { 10000, "full", "10000baseT" },
    [15] = { 2500, "full", "2500baseX" },
    [17] = { 1000, "full", "1000baseKX" },
    [18] = { 10000, "full", "10000baseKX4" },
    [19] = { 10000, "full", "10000baseKR" },
    [20] = { 10000, "full", "10000baseR_FEC" },
    [21] = { 20000, "full", "20000baseMLD2" },
    [22] = { 20000, "full", "20000baseKR2" },
    [23] = { 40000, "full", "40000baseKR4" },
    [24] = { 40000, "full", "40000baseCR4" },
    [25] = { 40000, "full", "40000baseSR4" },
    [26] = { 40000, "full", "40000baseLR4" },
    [27] = { 56000, "full", "56000baseKR4" },
    [28] = { 56000, "full", "56000baseCR4" },
    [29] = { 56000, "full", "56000baseSR4" },
    [30] = { 56000, "full", "56000baseLR4" },
    [31] = { 25000, "full", "25000baseCR" },
    [32] = { 25000, "full", "25000baseKR" },
    [33] = { 25000, "full", "25000baseSR" },
    [34] = { 50000, "full", "50000baseCR2" },
    [35] = { 50000, "full", "50000baseKR2" },
    [36] = { 100000, "full", "100000baseKR4" },
    [37] = { 100000, "full", "100000baseSR4" },
    [38] = { 100000, "full", "100000baseCR4" },
    [39] = { 100000, "full", "100000baseLR4_ER4" },
    [40] = { 50000, "full", "50000baseSR2" },
    [41] = { 1000, "full", "1000baseX" },
    [42] = { 10000, "full", "10000baseCR" },
    [43] = { 10000, "full", "10000baseSR" },
    [44] = { 10000, "full", "10000baseLR" },
    [45] = { 10000, "full", "10000baseLRM" },
    [46] = { 10000, "full", "10000baseER" },
    [47] = { 2500, "full", "2500baseT" },
    [48] = { 5000, "full", "5000baseT" },
    [52] = { 50000, "full", "50000baseKR" },
    [53] = { 50000, "full", "50000baseSR" },
    [54] = { 50000, "full", "50000baseCR" },
    [55] = { 50000, "full", "50000baseLR_ER_FR" },
    [56] = { 50000, "full", "50000baseDR" },
    [57] = { 100000, "full", "100000baseKR2" },
    [58] = { 100000, "full", "100000baseSR2" },
    [59] = { 100000, "full", "100000baseCR2" },
    [60] = { 100000, "full", "100000baseLR2_ER2_FR2" },
    [61] = { 100000, "full", "100000baseDR2" },
    [62] = { 200000, "full", "200000baseKR4" },
    [63] = { 200000, "full", "200000baseSR4" },
    [64] = { 200000, "full", "200000baseLR4_ER4_FR4" },
    [65] = { 200000, "full", "200000baseDR4" },
    [66] = { 200000, "full", "200000baseCR4" },
    [67] = { 100, "full", "100baseT1" },
    [68] = { 1000, "full", "1000baseT1" },
    [69] = { 400000, "full", "400000baseKR8" },
    [70] = { 400000, "full", "400000baseSR8" },
    [71] = { 400000, "full", "400000baseLR8_ER8_FR8" },
    [72] = { 400000, "full", "400000baseDR8" },
    [73] = { 400000, "full", "400000baseCR8" },
    [75] = { 100000, "full", "100000baseKR" },
    [76] = { 100000, "full", "100000baseSR" },
    [77] = { 100000, "full", "100000baseLR_ER_FR" },
    [78] = { 100000, "full", "100000baseCR" },
    [79] = { 100000, "full", "100000baseDR" },
    [80] = { 200000, "full", "200000baseKR2" },
    [81] = { 200000, "full", "200000baseSR2" },
    [82] = { 200000, "full", "200000baseLR2_ER2_FR2" },
    [83] = { 200000, "full", "200000baseDR2" },
    [84] = { 200000, "full", "200000baseCR2" },
    [85] = { 400000, "full", "400000baseKR4" },
    [86] = { 400000, "full", "400000baseSR4" },
    [87] = { 400000, "full", "400000baseLR4_ER4_FR4" },
    [88] = { 400000, "full", "400000baseDR4" },
    [89] = { 400000, "full", "400000baseCR4" },
    [90] = { 100, "half", "100baseFX" },
    [91] = { 100, "full", "100baseFX" },
    [92] = { 10, "full", "10baseT1L" },
    [93] = { 800000, "full", "800000baseCR8" },
    [94] = { 800000, "full", "800000baseKR8" },
    [95] = { 800000, "full", "800000baseDR8" },
    [96] = { 800000, "full", "800000baseDR8_2" },
    [97] = { 800000, "full", "800000baseSR8" },
    [98] = { 800000, "full", "800000baseVR8" },
    [99] = { 10, "full", "10baseT1S" },
    [100] = { 10, "half", "10baseT1S" },
    [101] = { 10, "half", "10baseT1S_P2MP" },
    [102] = { 10, "full", "10baseT1BRR" },
};

static const struct {
    unsigned char bit;
    const char *name;
} ethtool_ports[] = {
    { ETHTOOL_LINK_MODE_TP_BIT, "TP" },
    { ETHTOOL_LINK_MODE_AUI_BIT, "AUI" },
    { ETHTOOL_LINK_MODE_MII_BIT, "MII" },
    { ETHTOOL_LINK_MODE_FIBRE_BIT, "FIBRE" },
    { ETHTOOL_LINK_MODE_BNC_BIT, "BNC" },
    { ETHTOOL_LINK_MODE_Backplane_BIT, "Backplane" },
};

static int has_mode(const uint32_t *mask, size_t bit)
{
    return bit / 32 < ETHTOOL_MASK_WORDS && (mask[bit / 32] >> bit % 32 & 1);
}

void ethtool_emit_modes(const struct ethtool_families *f, int which, const char *device,
                        const uint32_t *mask)
{
    static const unsigned char abilities[ETHTOOL_ABILITIES] = {
        [ETHTOOL_AUTONEG] = ETHTOOL_LINK_MODE_Autoneg_BIT,
        [ETHTOOL_PAUSE] = ETHTOOL_LINK_MODE_Pause_BIT,
        [ETHTOOL_ASYM_PAUSE] = ETHTOOL_LINK_MODE_Asym_Pause_BIT,
    };

    for (size_t i = 0; i < sizeof(ethtool_speeds) / sizeof(ethtool_speeds[0]); i++) {
        if (ethtool_speeds[i].speed && has_mode(mask, i))
            promc_emit(
                f->speed[which],
                PROMC_LABELS(device, ethtool_speeds[i].duplex, ethtool_speeds[i].mode),
                ethtool_speeds[i].speed * (1000000.0 / 8.0));
    }
    for (size_t i = 0; i < ETHTOOL_ABILITIES; i++)
        promc_emit(f->ability[which][i], PROMC_LABELS(device),
                   has_mode(mask, abilities[i]));
    for (size_t i = 0; i < sizeof(ethtool_ports) / sizeof(ethtool_ports[0]); i++) {
        if (which == ETHTOOL_SUPPORTED && has_mode(mask, ethtool_ports[i].bit))
            promc_emit(f->port, PROMC_LABELS(device, ethtool_ports[i].name), 1);
    }
}

void ethtool_begin_modes(struct ethtool_families *f, promc_emitter *out)
{
    static const struct {
        const char *name;
        const char *help;
    } speed[ETHTOOL_MASKS] = {
        { "node_network_supported_speed_bytes",
          "Speeds that the interface can do, in bytes per second." },
        { "node_network_advertised_speed_bytes",
          "Speeds that the interface offers to its link partner, in bytes per second." },
    };
    static const struct {
        const char *name;
        const char *help;
    } ability[ETHTOOL_MASKS][ETHTOOL_ABILITIES] = {
        { { "node_network_autonegotiate_supported",
            "Whether the interface can negotiate its speed." },
          { "node_network_pause_supported",
            "Whether the interface can do pause frames." },
          { "node_network_asymmetricpause_supported",
            "Whether the interface can do pause frames in one direction." } },
        { { "node_network_autonegotiate_advertised",
            "Whether the interface offers to negotiate its speed." },
          { "node_network_pause_advertised",
            "Whether the interface offers pause frames." },
          { "node_network_asymmetricpause_advertised",
            "Whether the interface offers pause frames in one direction." } },
    };

    for (size_t m = 0; m < ETHTOOL_MASKS; m++) {
        f->speed[m] =
            promc_emit_family(out, PROMC_TYPE_GAUGE, speed[m].name, speed[m].help,
                              PROMC_LABELS("device", "duplex", "mode"));
        for (size_t i = 0; i < ETHTOOL_ABILITIES; i++)
            f->ability[m][i] =
                promc_emit_family(out, PROMC_TYPE_GAUGE, ability[m][i].name,
                                  ability[m][i].help, PROMC_LABELS("device"));
    }
    f->port = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_network_supported_port_info",
                                "A kind of port that the interface has; always 1.",
                                PROMC_LABELS("device", "type"));
    f->autoneg = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_network_autonegotiate",
                                   "Whether the interface negotiates its speed.",
                                   PROMC_LABELS("device"));
}
