//! The sentence of each remark's code, English and French. `{blanks}` are filled from the remark.
//!
//! The codes and their blanks are listed beside the rules that use them; a test holds this table against that list.

/// English and French sentence of a code.
pub(super) fn template(code: &str) -> Option<(&'static str, &'static str)> {
    SENTENCES
        .iter()
        .find(|(known, _, _)| *known == code)
        .map(|(_, english, french)| (*english, *french))
}

const SENTENCES: &[(&str, &str, &str)] = &[
    (
        "log_torn",
        "The last line of the event log was torn by a crash and is left out.",
        "La dernière ligne du journal a été coupée par un arrêt brutal ; elle est ignorée.",
    ),
    (
        "no_fault",
        "No fault was injected: the drill ended before the step at the zero.",
        "Aucune panne n'a été injectée : l'exercice s'est arrêté avant l'étape de l'instant zéro.",
    ),
    (
        "step_failed",
        "Step `{step}` failed: {reason}",
        "L'étape `{step}` a échoué : {reason}",
    ),
    (
        "zero_not_acknowledged",
        "Step `{step}` was issued, but its effect was never acknowledged: the zero has no end.",
        "L'étape `{step}` a été lancée, mais son effet n'a jamais été confirmé : l'instant zéro n'a pas de fin.",
    ),
    (
        "clock_not_compared",
        "The clock of `{clock}` was not compared with the drill's both before and after the fault.",
        "L'horloge de `{clock}` n'a pas été comparée à celle de l'exercice avant et après la panne.",
    ),
    (
        "clock_jumped",
        "The drill host's clock jumped by {by_ms} ms: times across that point are unknown.",
        "L'horloge de la machine de l'exercice a sauté de {by_ms} ms : les temps de part et d'autre sont inconnus.",
    ),
    (
        "several_exporters",
        "Several exporters carry this flow's canary under one job: {exporters}. One must be chosen.",
        "Plusieurs exporters portent le canari de ce flux sous un même job : {exporters}. Il faut en choisir un.",
    ),
    (
        "page_from_the_future",
        "A page of the exporter says {ahead} more than the exporter's clock can have read when it was scraped: the samples are of another exporter than the one whose clock was compared, or that clock jumped.",
        "Une page de l'exporter dit {ahead} de plus que son horloge ne pouvait lire lors du scrape : les échantillons viennent d'un autre exporter que celui dont l'horloge a été comparée, ou cette horloge a sauté.",
    ),
    (
        "exporter_not_scraped",
        "Prometheus has no samples of the exporter under job `{job}`.",
        "Prometheus n'a aucun échantillon de l'exporter sous le job `{job}`.",
    ),
    (
        "not_steady",
        "The state was not steady before the fault: \"{condition}\" did not hold at {at}.",
        "L'état n'était pas stable avant la panne : « {condition} » n'était pas vrai à {at}.",
    ),
    (
        "steady_state_not_proved",
        "The steady state before the fault is not proved: \"{condition}\" is unknown at {at}.",
        "L'état stable avant la panne n'est pas prouvé : « {condition} » est inconnu à {at}.",
    ),
    (
        "outage_before_fault",
        "Canary partition {partition} was already interrupted at {at}, before the fault.",
        "La partition {partition} du canari était déjà interrompue à {at}, avant la panne.",
    ),
    (
        "canary_not_seen_before_fault",
        "Nothing is known of canary partition {partition} before the fault.",
        "Rien n'est connu de la partition {partition} du canari avant la panne.",
    ),
    (
        "victim_tasks_unknown",
        "Which tasks {victim} owned before the fault is not known.",
        "Les tasks portées par {victim} avant la panne ne sont pas connues.",
    ),
    (
        "victim_not_concerned",
        "{victim} owned no task of {connector}: its loss proves nothing about the flow.",
        "{victim} ne portait aucune task de {connector} : sa perte ne prouve rien sur le flux.",
    ),
    (
        "no_effect_seen",
        "The fault's effect was never seen: \"{condition}\" held at no scrape after the zero.",
        "L'effet de la panne n'a jamais été constaté : « {condition} » n'est vrai à aucun scrape après l'instant zéro.",
    ),
    (
        "not_resolvable",
        "At a scrape each {interval} the scenario cannot be resolved; at most {needed} is needed.",
        "Avec un scrape toutes les {interval}, le scénario ne peut pas être résolu ; il faut au plus {needed}.",
    ),
    (
        "scraped_more_often",
        "The inventory says one scrape each {interval}, but there is one each {seen}: gaps would not be seen. Correct `prometheus.scrape_interval`, or give `--scrape-interval`.",
        "L'inventaire dit un scrape toutes les {interval}, mais il y en a un toutes les {seen} : des trous passeraient inaperçus. Corrigez `prometheus.scrape_interval`, ou donnez `--scrape-interval`.",
    ),
    (
        "limit_not_resolvable",
        "Criterion `{criterion}`: its limit of {limit} is not above the outage threshold of {threshold}.",
        "Critère `{criterion}` : sa limite de {limit} ne dépasse pas le seuil d'interruption de {threshold}.",
    ),
    (
        "task_not_covered",
        "No canary partition goes through task {task}: what happened to it is unknown.",
        "Aucune partition du canari ne passe par la task {task} : son sort est inconnu.",
    ),
    (
        "partition_without_ledger",
        "The canary's ledger of partition {partition} is not whole on the last page before the fault: what happened to its task is unknown.",
        "Le registre du canari pour la partition {partition} est incomplet sur la dernière page avant la panne : le sort de sa task est inconnu.",
    ),
    (
        "partition_without_task",
        "Which task owned canary partition {partition} before the fault is unknown, and so is what happened to that task.",
        "La task qui portait la partition {partition} du canari avant la panne est inconnue, et son sort aussi.",
    ),
    (
        "tasks_missing_from_map",
        "The map of tasks to partitions shows {found} of {expected} tasks: the others are unknown.",
        "La carte des tasks et partitions montre {found} tasks sur {expected} : les autres sont inconnues.",
    ),
    (
        "coverage_unknown",
        "Which tasks the canary covers is not known: no map of tasks to partitions before the fault.",
        "Les tasks couvertes par le canari ne sont pas connues : aucune carte des tasks et partitions avant la panne.",
    ),
    (
        "never_recovered",
        "The flow had not recovered when the window ended at {until}.",
        "Le flux n'avait pas repris à la fin de la fenêtre, à {until}.",
    ),
    (
        "recovery_not_proved",
        "That the flow stayed recovered is not proved: part of the time after it is unknown.",
        "Il n'est pas prouvé que la reprise ait tenu : une partie du temps qui la suit est inconnue.",
    ),
    (
        "canary_young",
        "No page from before the window shows every canary partition delivering: how old data was then is unknown. Let the exporter be scraped for longer before the drill.",
        "Aucune page d'avant la fenêtre ne montre toutes les partitions du canari livrées : l'âge des données y est inconnu. Laissez l'exporter être relevé plus longtemps avant l'exercice.",
    ),
    (
        "recovery_unknown",
        "When the flow recovered is not known.",
        "L'instant de la reprise n'est pas connu.",
    ),
    (
        "hidden_outage_possible",
        "An outage of up to {length} could have hidden in what was not seen.",
        "Une interruption allant jusqu'à {length} a pu se cacher dans ce qui n'a pas été vu.",
    ),
    (
        "canary_not_seen",
        "The canary is not on the exporter's page: nothing is known of the flow.",
        "Le canari n'est pas sur la page de l'exporter : rien n'est connu du flux.",
    ),
    (
        "canary_restarted",
        "The exporter restarted in the window ({runs} runs): what lies between two runs is unknown.",
        "L'exporter a redémarré pendant la fenêtre ({runs} exécutions) : l'intervalle entre deux est inconnu.",
    ),
    (
        "canary_blind",
        "The canary could not reach a cluster itself for {seconds} s: that time is unknown.",
        "Le canari n'a pas pu joindre lui-même un cluster pendant {seconds} s : ce temps est inconnu.",
    ),
    (
        "samples_missing",
        "Samples are missing: {gaps} gaps between scrapes.",
        "Des échantillons manquent : {gaps} trous entre les scrapes.",
    ),
    (
        "server_warned",
        "The server warned that samples may be missing: {warning}",
        "Le serveur signale que des échantillons peuvent manquer : {warning}",
    ),
    (
        "not_detected",
        "The fault was not detected in the window.",
        "La panne n'a pas été détectée dans la fenêtre.",
    ),
    (
        "scheduled_delay_explains",
        "scheduled.rebalance.max.delay.ms = {delay} is why: Connect withholds the lost worker's tasks for that long; the limit is {limit}.",
        "scheduled.rebalance.max.delay.ms = {delay} en est la cause : Connect retient les tasks du worker perdu pendant ce délai ; la limite est de {limit}.",
    ),
    (
        "query_failed",
        "The expression `{expr}` cannot be evaluated: {reason}.",
        "L'expression `{expr}` ne peut être évaluée : {reason}.",
    ),
    (
        "query_ambiguous",
        "The expression `{expr}` has {elements} elements where one number is asked for: aggregate it.",
        "L'expression `{expr}` a {elements} éléments là où un seul nombre est demandé : agrégez-la.",
    ),
    (
        "counter_fell",
        "The counter `{expr}` fell meanwhile: a part of the sum went away or began anew, and its growth is not known.",
        "Le compteur `{expr}` a décru entre-temps : une partie de la somme a disparu ou est repartie de zéro, sa croissance n'est pas connue.",
    ),
    (
        "not_observed",
        "No sample in this phase.",
        "Aucun échantillon dans cette phase.",
    ),
    (
        "phase_missing",
        "The drill has no such phase: the restoration was not watched, or did not take place.",
        "L'exercice n'a pas cette phase : la restauration n'a pas été observée, ou n'a pas eu lieu.",
    ),
    (
        "task_not_shown",
        "The last scrape of this phase shows no status of the task.",
        "Le dernier scrape de cette phase ne montre aucun état de la task.",
    ),
    (
        "task_without_worker",
        "The task's status names no worker.",
        "L'état de la task ne nomme aucun worker.",
    ),
    (
        "configuration_not_read",
        "The connector's configuration was not read when the drill began.",
        "La configuration du connecteur n'a pas été lue au début de l'exercice.",
    ),
    (
        "never_carried",
        "When the workers that are left carried everything is not known, so nor is what they can carry.",
        "L'instant à partir duquel les workers restants portaient tout n'est pas connu, donc leur capacité non plus.",
    ),
    (
        "not_restored",
        "The restoration did not take place, or not all of it, so nothing can be measured from it.",
        "La restauration n'a pas eu lieu, ou pas en entier : rien ne peut être mesuré à partir d'elle.",
    ),
    (
        "held_before",
        "It was so already when the clock started, and no reading shows the contrary after that.",
        "C'était déjà le cas au départ du chronomètre, et aucune lecture ultérieure ne montre le contraire.",
    ),
    (
        "not_read",
        "No reading after the zero says whether it was so.",
        "Aucune lecture après le zéro ne dit si c'était le cas.",
    ),
    (
        "not_timed",
        "Not seen between two scrapes before the restoration.",
        "Non constaté entre deux scrapes avant la remise en état.",
    ),
    (
        "alert_series_missing",
        "The evidence has no samples of {metrics}.",
        "Les preuves n'ont aucun échantillon de {metrics}.",
    ),
    (
        "alert_looks_back",
        "It looks back {reach}, beyond the beginning of the samples.",
        "Elle remonte à {reach}, avant le début des échantillons.",
    ),
    (
        "alert_active_before",
        "It was pending or firing before the fault already.",
        "Elle était déjà en attente ou déclenchée avant la panne.",
    ),
    (
        "alerts_not_replayed",
        "No alert fired of those whose series the evidence has; of {count} others nothing is known.",
        "Aucune alerte ne s'est déclenchée parmi celles dont les preuves ont les séries ; de {count} autres, rien n'est connu.",
    ),
    (
        "interrupted",
        "The drill was interrupted: the window ends there.",
        "L'exercice a été interrompu : la fenêtre s'arrête là.",
    ),
    (
        "interrupted_before_fault",
        "The drill was interrupted before the fault: nothing was done to the system.",
        "L'exercice a été interrompu avant la panne : rien n'a été fait au système.",
    ),
    (
        "steady_state_awaited_in_vain",
        "The steady state did not come in time: the drill ended before the fault, nothing was done to the system.",
        "L'état stable n'est pas venu à temps : l'exercice s'est arrêté avant la panne, rien n'a été fait au système.",
    ),
    (
        "declined",
        "Whoever was asked before the fault did not say yes: nothing was done to the system.",
        "La réponse à la question posée avant la panne n'était pas oui : rien n'a été fait au système.",
    ),
    (
        "server_not_asked",
        "Prometheus could not be asked whether the state is steady: {reason}",
        "Prometheus n'a pas pu être interrogé sur l'état stable : {reason}",
    ),
    (
        "server_clock_compared_later",
        "The server's clock was compared {age} after the fault only: every scrape is known to ± {epsilon}.",
        "L'horloge du serveur n'a été comparée que {age} après la panne : chaque scrape est connu à ± {epsilon}.",
    ),
    (
        "what_if",
        "What if: `{criterion}` is judged by a limit of {limit} instead of {instead}; this is not the drill's verdict.",
        "Et si : `{criterion}` est jugé avec une limite de {limit} au lieu de {instead} ; ce n'est pas le verdict de l'exercice.",
    ),
    (
        "records_missing",
        "Audit: {count} records of `{topic}` are missing at the target; the first, as partition:offset of the source: {places}.",
        "Audit : {count} messages de `{topic}` manquent sur la cible ; les premiers, en partition:offset de la source : {places}.",
    ),
    (
        "records_changed",
        "Audit: {count} records of `{topic}` are changed at the target; the first, as partition:offset of the source: {places}.",
        "Audit : {count} messages de `{topic}` sont modifiés sur la cible ; les premiers, en partition:offset de la source : {places}.",
    ),
    (
        "records_undecided",
        "Audit: whether {count} records of `{topic}` are at the target cannot be decided ({reasons}); the first, as partition:offset of the source: {places}.",
        "Audit : la présence de {count} messages de `{topic}` sur la cible est indécidable ({reasons}) ; les premiers, en partition:offset de la source : {places}.",
    ),
    (
        "audit_begins_late",
        "Audit: retention at the source was faster: the first records of `{topic}` in the window are gone (partitions {partitions}), and nothing is known of them.",
        "Audit : la rétention de la source a été plus rapide : les premiers messages de `{topic}` dans la fenêtre ont disparu (partitions {partitions}), et rien n'en est connu.",
    ),
    (
        "audit_saw_nothing",
        "Audit: `{topic}` had no record in the window: that proves nothing. Name a topic in the inventory that is written to.",
        "Audit : `{topic}` n'a reçu aucun message dans la fenêtre : cela ne prouve rien. Nommez dans l'inventaire un topic alimenté.",
    ),
    (
        "audit_not_run",
        "`{topic}` was not audited: the evidence has no audit of it.",
        "`{topic}` n'a pas été audité : les preuves ne contiennent pas son audit.",
    ),
    (
        "audit_interrupted",
        "The audit of `{topic}` was interrupted: `mirrorwatch audit` can do it by hand.",
        "L'audit de `{topic}` a été interrompu : `mirrorwatch audit` peut le faire à la main.",
    ),
    (
        "audit_failed",
        "The audit of `{topic}` failed: {reason}",
        "L'audit de `{topic}` a échoué : {reason}",
    ),
];

#[cfg(test)]
fn blanks(sentence: &str) -> std::collections::BTreeSet<&str> {
    let parts = sentence.split('{').skip(1);
    parts
        .filter_map(|part| part.split_once('}'))
        .map(|(blank, _)| blank)
        .collect()
}

#[test]
fn every_code_has_a_sentence_in_both_languages_with_its_blanks() {
    use crate::recovery::remark::CODES;
    for (code, expected) in CODES {
        let Some((english, french)) = template(code) else {
            panic!("`{code}` has no sentence");
        };
        let expected = expected.iter().copied().collect();
        assert_eq!(blanks(english), expected, "{code}");
        assert_eq!(blanks(french), expected, "{code}");
    }
    for (code, _, _) in SENTENCES {
        assert!(
            CODES.iter().any(|(known, _)| known == code),
            "`{code}` is said by no rule"
        );
    }
}
