//! A tiny ledger of one canary partition, written from definitions.md alone: what a page shows, and the truth when nothing blinds it.

#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// A record with this intended send time stands on the source.
    Acknowledged(i64),
    /// The record of this number arrived for the first time.
    Arrived(usize),
    Duplicate,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    pub start: i64,
    pub end: Option<i64>,
    pub worst: i64,
    pub peak: i64,
    pub calm: Option<i64>,
}

/// What a page shows of one partition.
pub struct Shot {
    pub sent: i64,
    pub acknowledged: i64,
    pub duplicates: i64,
    pub lost: i64,
    pub undelivered: i64,
    pub overtaken: i64,
    pub first_arrival: Option<i64>,
    pub through: Option<i64>,
    pub outages: usize,
    pub calm: Option<i64>,
    pub rows: Vec<Row>,
}

#[derive(Clone, Copy)]
struct Record {
    intended: i64,
    delivered: bool,
    lost: bool,
    overtaken: Option<i64>,
}

pub struct Ledger {
    period: i64,
    threshold: i64,
    grace: i64,
    records: Vec<Record>,
    settled: usize,
    newest: Option<i64>,
    last_arrival: Option<i64>,
    pub first_arrival: Option<i64>,
    pub through: Option<i64>,
    pub rows: Vec<Row>,
    pub duplicates: i64,
    pub lost: i64,
    pub undelivered: i64,
    /// Stretches of time with the S and the undelivered records that held in them.
    pub trace: Vec<(i64, i64, i64, i64)>,
    at: i64,
    /// When the oldest overtaken record is lost.
    next_loss: i64,
    /// Worst exposure since the last arrival as far as S has moved on by a loss.
    gap_exposure: i64,
    calm: Option<i64>,
}

impl Ledger {
    pub fn new(period: i64, threshold: i64, grace: i64) -> Self {
        Self {
            period,
            threshold,
            grace,
            records: Vec::new(),
            settled: 0,
            newest: None,
            last_arrival: None,
            first_arrival: None,
            through: None,
            rows: Vec::new(),
            duplicates: 0,
            lost: 0,
            undelivered: 0,
            trace: Vec::new(),
            at: 0,
            next_loss: i64::MAX,
            gap_exposure: 0,
            calm: None,
        }
    }

    fn is_open(&self) -> bool {
        self.rows.last().is_some_and(|row| row.end.is_none())
    }

    fn oldest_owed(&self) -> Option<i64> {
        self.records.get(self.settled).map(|record| record.intended)
    }

    fn gap_start(&self) -> Option<i64> {
        Some(self.oldest_owed()?.max(self.last_arrival?))
    }

    fn settle(&mut self) {
        while self
            .records
            .get(self.settled)
            .is_some_and(|r| r.delivered || r.lost)
        {
            self.settled += 1;
        }
        let through = match (self.newest, self.oldest_owed()) {
            (None, _) => None,
            (Some(_), Some(owed)) => Some(owed - self.period),
            (Some(newest), None) => Some(newest),
        };
        self.through = self.through.max(through);
    }

    /// Let time pass, loss by loss.
    pub fn advance(&mut self, now: i64) {
        while self.next_loss <= now {
            let at = self.next_loss;
            self.next_loss = i64::MAX;
            self.pass(at);
            let open = self.records[self.settled..]
                .iter()
                .filter(|r| !r.delivered && !r.lost);
            self.next_loss = open
                .filter_map(|r| r.overtaken)
                .min()
                .map_or(i64::MAX, |at| at + self.grace);
        }
        self.pass(now);
    }

    fn pass(&mut self, now: i64) {
        if let Some(through) = self.through {
            self.trace.push((self.at, now, through, self.undelivered));
        }
        self.at = now;
        if let Some(start) = self
            .gap_start()
            .filter(|start| !self.is_open() && now - start > self.threshold)
        {
            self.endure(start);
            self.rows.push(Row {
                start,
                end: None,
                worst: std::mem::take(&mut self.gap_exposure),
                peak: self.undelivered,
                calm: self.calm.take(),
            });
        }
        if self.is_open() {
            self.endure(now);
        }
        let mut confirmed = 0;
        for record in &mut self.records[self.settled..] {
            if !record.delivered
                && !record.lost
                && record.overtaken.is_some_and(|at| now - at >= self.grace)
            {
                record.lost = true;
                confirmed += 1;
            }
            if record.overtaken.is_none() && !record.delivered {
                break;
            }
        }
        if let Some(through) = self.through.filter(|_| confirmed > 0) {
            self.gap_exposure = self.gap_exposure.max(now - through);
        }
        self.lost += confirmed;
        self.undelivered -= confirmed;
        self.settle();
    }

    fn endure(&mut self, until: i64) {
        let undelivered = self.undelivered;
        if let (Some(calm), Some(through)) = (self.calm, self.through) {
            self.calm = Some(calm.max(until - through));
        }
        if let (Some(row), Some(through)) = (self.rows.last_mut(), self.through) {
            row.worst = row.worst.max(until - through);
            if row.end.is_none() {
                row.peak = row.peak.max(undelivered);
            }
        }
    }

    pub fn happen(&mut self, at: i64, event: Event) {
        self.advance(at);
        match event {
            Event::Duplicate => self.duplicates += 1,
            Event::Acknowledged(intended) => {
                self.records.push(Record {
                    intended,
                    delivered: false,
                    lost: false,
                    overtaken: None,
                });
                self.undelivered += 1;
                if let Some(row) = self.rows.last_mut().filter(|row| row.end.is_none()) {
                    row.peak = row.peak.max(self.undelivered);
                }
            }
            Event::Arrived(number) => self.arrive(at, number),
        }
        self.settle();
        if matches!(event, Event::Arrived(_))
            && self
                .through
                .is_some_and(|through| at - through <= self.threshold)
        {
            self.calm.get_or_insert(0);
        }
    }

    fn arrive(&mut self, at: i64, number: usize) {
        self.endure(at);
        if let Some(row) = self.rows.last_mut() {
            row.peak = row.peak.max(self.undelivered);
            row.worst = row.worst.max(self.gap_exposure);
            row.end.get_or_insert(at);
        }
        self.calm = self.calm.map(|calm| calm.max(self.gap_exposure));
        self.gap_exposure = 0;
        self.first_arrival.get_or_insert(at);
        self.last_arrival = Some(at);
        for record in &mut self.records[self.settled..number] {
            if !record.delivered {
                record.overtaken.get_or_insert(at);
                self.next_loss = self.next_loss.min(at + self.grace);
            }
        }
        self.records[number].delivered = true;
        self.newest = self.newest.max(Some(self.records[number].intended));
        self.undelivered -= 1;
    }

    /// A page at `now`; `sent` records were meant to be sent by then.
    pub fn shot(&mut self, now: i64, sent: i64) -> Shot {
        self.advance(now);
        self.trace.clear();
        let overtaken = self.records[self.settled..]
            .iter()
            .filter(|r| !r.delivered && !r.lost && r.overtaken.is_some());
        let acknowledged = i64::try_from(self.records.len()).unwrap();
        Shot {
            sent: sent.max(acknowledged),
            acknowledged,
            duplicates: self.duplicates,
            lost: self.lost,
            undelivered: self.undelivered,
            overtaken: i64::try_from(overtaken.count()).unwrap(),
            first_arrival: self.first_arrival,
            through: self.through,
            outages: self.rows.len(),
            calm: self.calm.zip(self.through).map(|(calm, through)| {
                calm.max(self.gap_start().map_or(now, |start| start.min(now)) - through)
            }),
            rows: self.rows_at(now),
        }
    }

    /// The last eight rows at `now`: what may yet become an outage of its own is not charged to the one before.
    fn rows_at(&self, now: i64) -> Vec<Row> {
        let mut rows = self.rows[self.rows.len().saturating_sub(8)..].to_vec();
        if let (Some(row), Some(through)) = (rows.last_mut(), self.through) {
            let until = if row.end.is_some() {
                self.gap_start().map_or(now, |start| start.min(now))
            } else {
                now
            };
            row.worst = row.worst.max(until - through);
        }
        rows
    }
}
