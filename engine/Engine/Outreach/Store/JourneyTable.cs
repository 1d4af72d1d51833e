using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.Outreach;

/// <summary>The journeys.</summary>
public sealed class JourneyTable
{
    readonly Statement _add, _read, _last, _variant, _end, _active, _latest, _lastOfCart, _any, _turn;

    internal JourneyTable(Database database)
    {
        _add = database.Prepare("""
            INSERT INTO journey(store, cart, cart_id, customer, user_id, subject, campaign, variant, holdout, state, started_at, turned_at, value, currency,
                connection, candidate)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12, ?13, ?14, ?15) RETURNING id
            """);
        _read = database.Prepare("""
            SELECT candidate, cart, customer, subject, variant, holdout, state, started_at, connection FROM journey WHERE id=?1
            """);
        _last = database.Prepare("SELECT id, state, started_at FROM journey WHERE cart=?1 AND campaign=?2 ORDER BY started_at DESC LIMIT 1");
        _variant = database.Prepare("SELECT variant FROM journey WHERE subject=?1 AND campaign=?2 AND holdout=0 ORDER BY started_at LIMIT 1");
        _end = database.Prepare("UPDATE journey SET state=?2 WHERE id=?1 AND state=0");
        _active = database.Prepare("SELECT id, campaign, started_at FROM journey WHERE subject=?1 AND state=0 ORDER BY started_at DESC LIMIT 64");
        _latest = database.Prepare(
            "SELECT id, turned_at FROM journey WHERE subject=?1 AND store=?2 AND started_at<=?3 ORDER BY started_at DESC LIMIT 1");
        _turn = database.Prepare("UPDATE journey SET turned_at=max(turned_at, ?2) WHERE id=?1");
        _lastOfCart = database.Prepare("SELECT subject FROM journey WHERE cart=?1 ORDER BY started_at LIMIT 1");
        _any = database.Prepare("SELECT 1 FROM journey WHERE subject=?1 LIMIT 1");
    }

    /// <summary>Keeps a journey.</summary>
    /// <returns>Its number.</returns>
    public long Add(Journey journey)
    {
        var candidate = journey.Candidate;
        return _add.With(candidate.StoreId).With(journey.Cart).With(candidate.CartId).With(journey.Customer).With(candidate.UserId)
            .With(journey.Subject).With(candidate.Campaign).With(journey.Variant).With(journey.IsHoldout).With((long)journey.State)
            .With(journey.StartedAt).With((long)(candidate.Cart.Value * Money.PerUnit)).With(candidate.Cart.Currency).With(journey.ConnectionId)
            .With(JsonSerializer.SerializeToUtf8Bytes(candidate, ContractsJson.Default.Intervention)).Number()!.Value;
    }

    /// <summary>The journey of this number.</summary>
    public Journey? Find(long id)
    {
        if (!_read.With(id).Next())
        {
            return null;
        }

        var journey = new Journey
        {
            Id = id,
            Candidate = JsonSerializer.Deserialize(_read.Bytes(0), ContractsJson.Default.Intervention)!,
            Cart = _read.Key(1),
            Customer = _read.Key(2),
            Subject = _read.Key(3),
            Variant = _read.Text(4),
            IsHoldout = _read.Long(5) != 0,
            State = (JourneyState)_read.Int(6),
            StartedAt = _read.Long(7),
            ConnectionId = _read.Long(8),
        };
        _read.Reset();
        return journey;
    }

    /// <summary>The cart's last journey in a campaign.</summary>
    public (long Id, JourneyState State, long StartedAt)? LastOf(in Hash128 cart, string campaign)
    {
        if (!_last.With(cart).With(campaign).Next())
        {
            return null;
        }

        var last = (_last.Long(0), (JourneyState)_last.Int(1), _last.Long(2));
        _last.Reset();
        return last;
    }

    /// <summary>Whom lots were drawn for when the cart was in a campaign first; <see langword="null"/> where it never was.</summary>
    public Hash128? SubjectOfCart(in Hash128 cart)
    {
        if (!_lastOfCart.With(cart).Next())
        {
            return null;
        }

        var subject = _lastOfCart.Key(0);
        _lastOfCart.Reset();
        return subject;
    }

    /// <summary>Whether lots were drawn for this shopper before.</summary>
    public bool HasSubject(in Hash128 subject) => _any.With(subject).Number() is not null;

    /// <summary>The side of a campaign's experiment that a shopper has; <see langword="null"/> for none yet.</summary>
    public string? VariantOf(in Hash128 subject, string campaign)
    {
        if (!_variant.With(subject).With(campaign).Next())
        {
            return null;
        }

        var variant = _variant.Text(0);
        _variant.Reset();
        return variant;
    }

    /// <summary>Ends a journey that is active.</summary>
    public void End(long id, JourneyState state) => _end.With(id).With((long)state).Run();

    /// <summary>A shopper's active journeys and their campaigns.</summary>
    public List<(long Id, string Campaign, long StartedAt)> ActiveOf(in Hash128 subject)
    {
        var active = new List<(long, string, long)>();
        _active.With(subject);
        while (_active.Next())
        {
            active.Add((_active.Long(0), _active.Text(1), _active.Long(2)));
        }

        return active;
    }

    /// <summary>
    /// The campaign would have turned to the shopper again, were the journey not there. Orders count for so long after that too: those who are in a
    /// series and those who are left alone are watched for the same time.
    /// </summary>
    public void Turn(long id, long at) => _turn.With(id).With(at).Run();

    /// <summary>The journey that an order at this time counts for, the shopper's latest before it, and when a campaign last turned to them.</summary>
    public (long Id, long TurnedAt)? LatestOf(in Hash128 subject, string store, long at)
    {
        if (!_latest.With(subject).With(store).With(at).Next())
        {
            return null;
        }

        var latest = (_latest.Long(0), _latest.Long(1));
        _latest.Reset();
        return latest;
    }
}
