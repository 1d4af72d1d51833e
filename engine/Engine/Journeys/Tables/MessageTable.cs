using CartRecovery.Contracts;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>The messages of all journeys, in every state.</summary>
public sealed class MessageTable
{
    // Finds messages by the shopper's latest journeys, which saves an index. The unary plus beside it keeps SQLite from using the store's index.
    const string OfSubject = "journey IN (SELECT id FROM journey WHERE subject=?1 ORDER BY started_at DESC LIMIT 1000)";

    readonly Statement _onSite, _add, _due, _hasDue, _putOff, _defer, _send, _end, _endOfJourney, _sending, _recall, _recallOne, _sentSince, _nth, _touch, _mark, _retry, _wake, _wakePaused, _attempts, _postpone;
    readonly ContentTable _contents;
    readonly ShopperFilter _filter;
    readonly AddressKeys _addresses;

    internal MessageTable(Database database, ContentTable contents, ShopperFilter filter, AddressKeys addresses)
    {
        (_contents, _filter, _addresses) = (contents, filter, addresses);
        using (var channels = new Query(database, $"SELECT DISTINCT channel FROM intervention WHERE state IN ({MessageState.Scheduled:D}, {MessageState.Sending:D})"))
        {
            while (channels.Rows.Next())
            {
                Channels.Add(channels.Rows.Text(0));
            }
        }

        _onSite = database.Prepare($"SELECT 1 FROM intervention WHERE id=?1 AND address={AddressKind.None:D} AND sent_at IS NOT NULL");
        _add = database.Prepare("""
            INSERT OR IGNORE INTO intervention(id, journey, store, subject, cart, cart_id, user_id, campaign, variant, step, channel, address, offer,
                context, propensity, decided_at, due_at, useful_until, state, reason, ended_at, sent_at, reached, message, detail, features)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26)
            """);
        _due = database.Prepare($"""
            SELECT id, journey, cart, step, channel, offer, due_at, useful_until, due_at>decided_at, reason FROM intervention
            WHERE state={MessageState.Scheduled:D} AND channel=?1 AND due_at<=?2 AND useful_until<=?3 ORDER BY due_at LIMIT ?4
            """);
        _hasDue = database.Prepare($"SELECT 1 FROM intervention WHERE state={MessageState.Scheduled:D} AND channel=?1 AND due_at<=?2 LIMIT 1");
        _wake = database.Prepare($"""
            UPDATE intervention SET due_at=?2 WHERE state={MessageState.Scheduled:D} AND reason={WithheldReason.NotConfirmed:D}
                AND journey IN (SELECT id FROM journey WHERE subject=?1 AND cart=?1 UNION ALL SELECT id FROM journey WHERE cart=?1 AND subject<>cart)
            """);
        _wakePaused = database.Prepare($"""
            UPDATE intervention SET due_at=?3 WHERE state={MessageState.Scheduled:D} AND reason={WithheldReason.CampaignPaused:D} AND store=?1 AND campaign=?2
            """);
        _putOff = database.Prepare($"UPDATE intervention SET due_at=?2 WHERE id=?1 AND state={MessageState.Scheduled:D}");
        _defer = database.Prepare($"UPDATE intervention SET due_at=?2, reason=?3 WHERE id=?1 AND state={MessageState.Scheduled:D}");
        _send = database.Prepare($"""
            UPDATE intervention SET state=?2, reason=?3, ended_at=?4, sent_at=?5, reached=?6, message=?7
            WHERE id=?1 AND state={MessageState.Scheduled:D}
            """);
        _end = database.Prepare($"""
            UPDATE intervention SET state=?2, reason=?3, detail=?4, ended_at=?5,
                sent_at=CASE WHEN ?2={MessageState.Sent:D} THEN sent_at ELSE NULL END
            WHERE id=?1 AND state IN ({MessageState.Scheduled:D}, {MessageState.Sending:D})
            """);
        _endOfJourney = database.Prepare($"""
            UPDATE intervention SET state={MessageState.Withheld:D}, reason=?2, ended_at=?3
            WHERE journey=?1 AND state={MessageState.Scheduled:D} RETURNING channel
            """);
        _sending = database.Prepare($"""
            SELECT c.json, c.id FROM intervention i JOIN content c ON c.id=(i.journey<<{ContentTable.StepBits})+i.step
            WHERE i.state={MessageState.Sending:D}
            """);
        _recall = database.Prepare($"""
            UPDATE intervention SET state={MessageState.Scheduled:D}, sent_at=NULL, reached=NULL, due_at=?1
            WHERE state={MessageState.Sending:D} AND address<>{AddressKind.None:D}
            """);
        _recallOne = database.Prepare($"""
            UPDATE intervention SET state={MessageState.Scheduled:D}, sent_at=NULL, reached=NULL, due_at=?2
            WHERE id=?1 AND state={MessageState.Sending:D}
            """);
        _sentSince = database.Prepare(
            $"""
            SELECT id, channel, address, sent_at FROM intervention WHERE {OfSubject} AND sent_at>?2
            UNION SELECT id, channel, address, sent_at FROM intervention WHERE reached IN (?3, ?4, ?5) AND sent_at>?2
            ORDER BY sent_at DESC LIMIT 1000
            """);
        _nth = database.Prepare("SELECT step, state, journey FROM intervention WHERE id=?1");
        _touch = database.Prepare($"""
            SELECT id, touch FROM (
                SELECT id, CASE WHEN clicked_at BETWEEN ?3 AND ?5 THEN 'click' ELSE 'view' END AS touch, clicked_at, coalesce(opened_at, delivered_at) AS seen_at
                FROM intervention WHERE {OfSubject} AND +store=?2 AND sent_at IS NOT NULL AND
                    (clicked_at BETWEEN ?3 AND ?5 OR
                    CASE WHEN address={AddressKind.None:D} THEN coalesce(opened_at, delivered_at) ELSE opened_at END BETWEEN ?4 AND ?5))
            ORDER BY touch, CASE touch WHEN 'click' THEN clicked_at ELSE seen_at END DESC LIMIT 1
            """);
        _mark = database.Prepare($"""
            UPDATE intervention SET delivered_at=CASE WHEN ?2={EventType.Delivered:D} THEN coalesce(delivered_at, ?3) ELSE delivered_at END,
                opened_at=CASE WHEN ?2={EventType.Opened:D} THEN coalesce(opened_at, ?3) ELSE opened_at END,
                clicked_at=CASE WHEN ?2={EventType.Clicked:D} THEN coalesce(clicked_at, ?3) ELSE clicked_at END,
                dismissed_at=CASE WHEN ?2={EventType.Dismissed:D} THEN coalesce(dismissed_at, ?3) ELSE dismissed_at END
            WHERE id=?1 AND (?4 IS NULL OR cart=?4) RETURNING subject
            """);
        _attempts = database.Prepare($"""
            SELECT i.attempts, i.useful_until, coalesce(j.state, {JourneyState.Exited:D}) FROM intervention i LEFT JOIN journey j ON j.id=i.journey
            WHERE i.id=?1 AND i.state={MessageState.Sending:D}
            """);
        _postpone = database.Prepare($"""
            UPDATE intervention SET state={MessageState.Scheduled:D}, reason={WithheldReason.Postponed:D}, detail=?3, attempts=?4, due_at=?2,
                sent_at=NULL, reached=NULL WHERE id=?1
            """);
        _retry = database.Prepare($"""
            UPDATE intervention SET state={MessageState.Scheduled:D}, reason={WithheldReason.None:D}, detail=NULL, ended_at=NULL, attempts=0, due_at=?2,
                useful_until=max(useful_until, ?3)
            WHERE id=?1 AND state={MessageState.Withheld:D} AND reason IN ({WithheldReason.Failed:D}, {WithheldReason.Rejected:D}, {WithheldReason.SoftBounced:D})
                AND journey NOT IN (SELECT j.id FROM journey j WHERE j.id=journey AND j.state={JourneyState.Exited:D})
            """);
    }

    /// <summary>The channels that messages use.</summary>
    public HashSet<string> Channels { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Returns <see langword="true"/> if a message goes to a shopper who is on the site, so that delivery counts as a view.
    /// </summary>
    public bool IsOnSite(string id) => _onSite.With(id).Number() is not null;

    /// <summary>Adds a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="journey">The message's journey.</param>
    /// <param name="now">When it was planned (ms since 1970 UTC).</param>
    /// <param name="outcome">The message's state so far.</param>
    /// <returns><see langword="false"/> if a message with this id exists; it stays unchanged.</returns>
    public bool Add(PlannedMessage message, Journey journey, long now, in MessageOutcome outcome)
    {
        var candidate = journey.Candidate;
        Channels.Add(message.Channel.Name);
        _add.With(message.Id).With(journey.Id).With(candidate.StoreId).With(journey.Subject).With(journey.Cart).With(candidate.CartId)
            .With(candidate.UserId).With(candidate.Campaign).With(journey.Variant).With((long)message.Step).With(message.Channel.Name)
            .With((long)message.Channel.Address).With(message.Offer).With((long)message.Context).With((double?)message.Propensity)
            .With(now).With(outcome.Until ?? message.DueAt).With(message.UsefulUntil);
        var isNew = With(_add, outcome, now).With(outcome.Detail).WithNumbers(message.Features).Run() > 0;
        if (isNew)
        {
            Keep(journey.Id, journey.Cart, outcome);
        }

        return isNew;
    }

    /// <summary>Adds a channel's due messages to a list, the longest due first.</summary>
    /// <param name="due">The list.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    /// <param name="usefulUntil">Only messages that expire at or before this time.</param>
    /// <param name="most">Maximum number of messages.</param>
    public void AddDue(List<DueMessage> due, string channel, long now, long usefulUntil, int most)
    {
        _due.With(channel).With(now).With(usefulUntil).With((long)most);
        while (_due.Next())
        {
            due.Add(Read(_due));
        }
    }

    /// <summary>Returns <see langword="true"/> if a message of this channel is due.</summary>
    public bool HasDue(string channel, long now) => _hasDue.With(channel).With(now).Number() is not null;

    static DueMessage Read(Statement row) => new()
    {
        Id = row.Text(0),
        Journey = row.Long(1),
        Cart = row.Key(2),
        Step = row.Int(3),
        Channel = row.Text(4),
        Offer = row.Text(5),
        DueAt = row.Long(6),
        UsefulUntil = row.Long(7),
        IsDelayed = row.Long(8) != 0,
        IsPostponed = row.Long(9) == (long)WithheldReason.Postponed,
        IsUnreachable = row.Long(9) == (long)WithheldReason.Unreachable,
    };

    /// <summary>Defers a message while a request for its cart is open; without an answer it is due again.</summary>
    public void DeferForLookup(string id, long until) => _putOff.With(id).With(until).Run();

    /// <summary>Defers a message until a time, for a reason.</summary>
    public void Defer(string id, long until, WithheldReason reason) => _defer.With(id).With(until).With((long)reason).Run();

    /// <summary>Makes the cart's messages due that wait for the confirmation of its address.</summary>
    public void WakeUnconfirmed(in Hash128 cart, long now) => _wake.With(cart).With(now).Run();

    /// <summary>Makes the messages due that wait for a campaign that was paused.</summary>
    public void WakePaused(string storeId, string campaign, long now) => _wakePaused.With(storeId).With(campaign).With(now).Run();

    /// <summary>Records that a message is sent, if it is still scheduled.</summary>
    public void Send(DueMessage message, in MessageOutcome outcome, long now)
    {
        if (With(_send.With(message.Id), outcome, now).Run() > 0)
        {
            Keep(message.Journey, message.Cart, outcome);
        }
    }

    // Only messages without a recipient, for the shop's own systems, are kept to be handed over again. A message to a person is rendered
    // again after a crash, and a stream delivers at once.
    void Keep(long journey, in Hash128 cart, in MessageOutcome outcome)
    {
        if (outcome is { State: MessageState.Sending, Message: { Recipient: null } sent })
        {
            _contents.SetSent(journey, cart, sent, outcome.Country);
        }
    }

    // Binds state, reason, end, send time, key of the recipient, and text. Reports show the text: it is stored without addresses.
    Statement With(Statement statement, in MessageOutcome outcome, long now)
    {
        statement.With((long)outcome.State).With((long)outcome.Reason).With(outcome.State >= MessageState.Sent ? now : null);
        return outcome.Message is { } sent
            ? statement.With(now).With(_addresses.Of(sent.StoreId, sent.Recipient)).With(PhoneText.Mask(sent.Message, outcome.Country))
            : statement.With((long?)null).With(default(Hash128)).With((string?)null);
    }

    /// <summary>Records the final outcome of a message.</summary>
    /// <returns><see langword="false"/> if it has one already.</returns>
    public bool End(string id, WithheldReason reason, string? detail, long now) =>
        _end.With(id).With((long)(reason == WithheldReason.None ? MessageState.Sent : MessageState.Withheld)).With((long)reason).With(detail).With(now).Run() > 0;

    /// <summary>
    /// Returns the attempts and the expiry of a message that its sink has, and whether its series ended early; <see langword="null"/> if no sink
    /// has it.
    /// </summary>
    public (int Attempts, long UsefulUntil, bool IsOver)? AttemptsOf(string id)
    {
        if (!_attempts.With(id).Next())
        {
            return null;
        }

        var found = (_attempts.Int(0), _attempts.Long(1), _attempts.Int(2) == (int)JourneyState.Exited);
        _attempts.Reset();
        return found;
    }

    /// <summary>Makes a message due again later that its sink could not deliver now.</summary>
    public void Postpone(string id, long until, string? detail, int attempts) => _postpone.With(id).With(until).With(detail).With((long)attempts).Run();

    /// <summary>Returns a message to the shop's systems as it was handed over, or <see langword="null"/>.</summary>
    public Intervention? SentOf(DueMessage message) => _contents.SentOf(message.Journey, message.Step);

    /// <summary>Withholds a journey's scheduled messages.</summary>
    /// <returns>The channels of those messages.</returns>
    public List<string> EndAll(long journey, WithheldReason reason, long now)
    {
        var channels = new List<string>();
        _endOfJourney.With(journey).With((long)reason).With(now);
        while (_endOfJourney.Next())
        {
            channels.Add(_endOfJourney.Text(0));
        }

        return channels;
    }

    /// <summary>
    /// Makes messages to people that sinks held when the process ended due again, under the same ids. Policy is checked again.
    /// </summary>
    public void Reschedule(long now) => _recall.With(now).Run();

    /// <summary>Makes a message due again that a sink has not delivered.</summary>
    public void Recall(string id, long now) => _recallOne.With(id).With(now).Run();

    /// <summary>Returns the messages sinks held when the process ended; they are handed over again under the same ids.</summary>
    public List<Intervention> Sending()
    {
        var found = new List<Intervention>();
        while (_sending.Next())
        {
            found.AddRange(_contents.Read(_sending) is { } content ? [content] : []);
        }

        return found;
    }

    /// <summary>Returns what a shopper was sent, latest first: by subject, or to one of their addresses under any name.</summary>
    public List<(string Channel, AddressKind Address, long SentAt)> SentSince(in Hash128 subject, string store, Recipient recipient, long since)
    {
        var sent = new List<(string, AddressKind, long)>();
        _sentSince.With(subject).With(since);
        foreach (var key in _addresses.AllOf(store, recipient))
        {
            _sentSince.With(key);
        }

        while (_sentSince.Next())
        {
            sent.Add((_sentSince.Text(1), (AddressKind)_sentSince.Int(2), _sentSince.Long(3)));
        }

        return sent;
    }

    /// <summary>Returns the message's step, state and journey, or <see langword="null"/>.</summary>
    public (int Step, MessageState State, long Journey)? Find(string id)
    {
        if (!_nth.With(id).Next())
        {
            return null;
        }

        var found = (_nth.Int(0), (MessageState)_nth.Int(1), _nth.Long(2));
        _nth.Reset();
        return found;
    }

    /// <summary>Records a message event. Only the first of each type counts.</summary>
    /// <param name="id">The message.</param>
    /// <param name="what">delivered, opened, clicked or dismissed.</param>
    /// <param name="at">Time of the event (ms since 1970 UTC).</param>
    /// <param name="cart">The cart the message must belong to; empty for a trusted source.</param>
    public bool Mark(string id, EventType what, long at, in Hash128 cart)
    {
        var isKnown = _mark.With(id).With((long)what).With(at).With(cart).Next();
        if (isKnown)
        {
            _filter.AddTouched(_mark.Key(0));
            _mark.Reset();
        }

        return isKnown;
    }

    /// <summary>Returns the message an order is attributed to: the one the shopper clicked last, or else the one they saw last.</summary>
    /// <param name="subject">The shopper.</param>
    /// <param name="store">The store of the order.</param>
    /// <param name="clickedFrom">Earliest click that counts.</param>
    /// <param name="seenFrom">Earliest view that counts.</param>
    /// <param name="to">Time of the order; later touches do not count.</param>
    /// <returns>The message's id, and <c>click</c> or <c>view</c>; <see langword="null"/> for none.</returns>
    public (string Id, string Kind)? TouchOf(in Hash128 subject, string store, long clickedFrom, long seenFrom, long to)
    {
        if (!_filter.MayHaveTouched(subject) || !_touch.With(subject).With(store).With(clickedFrom).With(seenFrom).With(to).Next())
        {
            return null;
        }

        var found = (_touch.Text(0), _touch.Text(1));
        _touch.Reset();
        return found;
    }

    /// <summary>Retries a message that its sink failed to deliver, unless its series ended early.</summary>
    /// <returns><see langword="false"/> if it is not such a message.</returns>
    public bool Retry(string id, long now, long usefulUntil) => _retry.With(id).With(now).With(usefulUntil).Run() > 0;
}
