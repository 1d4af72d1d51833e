using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Experiments;
using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.ControlPlane.Targeting;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Api.Flags;

/// <summary>
/// Evaluates flags for keys. The context of a browser is an unverified claim: for it, no stored data of the customer or the cart is read. Thread-safe.
/// </summary>
sealed class FlagEvaluations(FlagDirectory flags, IDefinitions<SegmentDefinition> segments, CartReader carts, JourneyWorker journeys, ExposureLog exposures, IJourneyOptionsProvider inForce, IngestOptions ingest, TimeProvider time)
{
    /// <summary>The names of reasons in OpenFeature, by <see cref="FlagReason"/>.</summary>
    static readonly JsonEncodedText[] s_reasons =
    [
        JsonEncodedText.Encode("STATIC"), JsonEncodedText.Encode("TARGETING_MATCH"), JsonEncodedText.Encode("SPLIT"), JsonEncodedText.Encode("DISABLED"), JsonEncodedText.Encode("DEFAULT"),
    ];

    /// <summary>Finds a flag that a key may evaluate; returns <see langword="null"/> if there is none.</summary>
    public FeatureFlag? Find(Caller caller, string key) => flags.OfStore(caller.Store.Id).Find(key, IsClient(caller));

    /// <summary>Returns all flags that a key may evaluate, by key.</summary>
    public IReadOnlyList<FeatureFlag> AllFor(Caller caller) => IsClient(caller) ? flags.OfStore(caller.Store.Id).Visible : flags.OfStore(caller.Store.Id).All;

    /// <summary>
    /// Gathers the data that flags compare. Reads the cart and the customer at most once, and only if a flag needs them and the key may see them.
    /// </summary>
    public async ValueTask<TargetingSubject> SubjectOf(Caller caller, OfrepContext context, IReadOnlyList<FeatureFlag> asked, CancellationToken cancellation)
    {
        if (IsClient(caller))
        {
            return new TargetingSubject(context.TargetingKey, context.Attributes);
        }

        var (readsCart, readsCustomer) = NeedsOf(caller, asked);
        CartRecord? cart = null;
        if (readsCart && caller.Key.Allows("features:read") && CartOf(context) is { } id)
        {
            cart = await carts.FindAsync(caller.Store, id, cancellation);
        }

        string? customer = null;
        if (readsCustomer && caller.Key.Allows(Permission.PersonalData) && context.TargetingKey is { } userId)
        {
            var owner = caller.Store.Ids.CustomerOf(Encoding.UTF8.GetBytes(userId));
            customer = await journeys.InvokeAsync((engine, _) => engine.Store.Customers.AttributesOf(owner)).WaitAsync(cancellation);
        }

        return new TargetingSubject(context.TargetingKey, context.Attributes)
        {
            Features = cart is { } known ? FeaturesOf(caller, known) : null,
            CustomerAttributes = customer is null ? default : JsonElement.Parse(customer),
        };
    }

    /// <summary>Evaluates a flag and writes the result in the form of OFREP.</summary>
    /// <param name="writer">Receives the result.</param>
    /// <param name="flag">The flag.</param>
    /// <param name="caller">The caller.</param>
    /// <param name="subject">What the flag compares.</param>
    /// <param name="isExposed">Whether the subject is shown the value, so that an experiment records it.</param>
    /// <returns><see langword="false"/> if the flag has no value.</returns>
    public bool Write(Utf8JsonWriter writer, FeatureFlag flag, Caller caller, TargetingSubject subject, bool isExposed)
    {
        var (variant, reason) = flag.Experiment is { } experiment ? Evaluate(experiment, flag, caller, subject, isExposed) : flag.Evaluate(caller.Store.Id, subject, segments);
        if (reason == FlagReason.TargetingKeyMissing)
        {
            WriteFailure(writer, flag.Key, "TARGETING_KEY_MISSING", "A rule draws by the targeting key. Set targetingKey in the context.");
            return false;
        }

        writer.WriteStartObject();
        writer.WriteString("key"u8, flag.Key);
        writer.WriteString("reason"u8, s_reasons[(int)reason]);
        writer.WriteString("variant"u8, variant);
        writer.WritePropertyName("value"u8);
        writer.WriteRawValue(flag.Values[variant], skipInputValidation: true);
        writer.WriteStartObject("metadata"u8);
        writer.WriteString("version"u8, flag.Version);
        if (flag.Experiment is not null)
        {
            writer.WriteString("experiment"u8, flag.Key);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        return true;
    }

    /// <summary>Writes why a flag, or every flag, has no value.</summary>
    public static void WriteFailure(Utf8JsonWriter writer, string? key, string code, string details)
    {
        writer.WriteStartObject();
        if (key is not null)
        {
            writer.WriteString("key"u8, key);
        }

        writer.WriteString("errorCode"u8, code);
        writer.WriteString("errorDetails"u8, details);
        writer.WriteEndObject();
    }

    FlagEvaluation Evaluate(Experiment experiment, FeatureFlag flag, Caller caller, TargetingSubject subject, bool isExposed)
    {
        if (experiment.EndedAt is not null)
        {
            return new FlagEvaluation(experiment.Winner!, FlagReason.Static);
        }

        var takesPart = flag.TakesPart(caller.Store.Id, subject, segments);
        // A placeholder would make one subject of everybody.
        if (subject.TargetingKey is not { } key || ForgottenPeople.IsNobody(key))
        {
            return takesPart ? new FlagEvaluation("", FlagReason.TargetingKeyMissing) : new FlagEvaluation(experiment.Control, FlagReason.Default);
        }

        var id = Encoding.UTF8.GetBytes(key);
        var customer = caller.Store.Ids.CustomerOf(id);
        if (!takesPart)
        {
            // A subject who took part keeps the variant, even if the conditions do not hold any more.
            return exposures.Find(experiment, customer) is { } recorded ? new FlagEvaluation(recorded, FlagReason.Split) : new FlagEvaluation(experiment.Control, FlagReason.Default);
        }

        // Stores nothing about an erased person.
        return ingest.Forgotten is { IsEmpty: false } forgotten && forgotten.Contains(Encoding.UTF8.GetBytes(caller.Store.Id), id)
            ? new FlagEvaluation(experiment.VariantOf(experiment.Draw(key), experiment.Allocation), FlagReason.Split)
            : exposures.Assign(experiment, key, customer, isExposed);
    }

    static bool IsClient(Caller caller) => caller.Key.Kind == KeyKind.Publishable;

    static string? CartOf(OfrepContext context) => context.Attributes.ValueKind == JsonValueKind.Object
        && context.Attributes.TryGetProperty("cartId"u8, out var id) && id.ValueKind == JsonValueKind.String && id.GetString() is { Length: > 0 and <= EventSlab.MaxSentIdLength } text ? text : null;

    (bool Cart, bool Customer) NeedsOf(Caller caller, IReadOnlyList<FeatureFlag> asked)
    {
        var (cart, customer) = (false, false);
        foreach (var flag in asked)
        {
            cart |= flag.ReadsCart;
            customer |= flag.ReadsCustomer;
            foreach (var rule in flag.HasSegments ? flag.Rules : [])
            {
                foreach (var condition in rule.Segment is null ? [] : segments.Find(caller.Store.Id, rule.Segment)?.Conditions ?? [])
                {
                    cart |= condition.Feature is not null;
                    customer |= condition.Customer is not null;
                }
            }
        }

        return (cart, customer);
    }

    Func<string, float?> FeaturesOf(Caller caller, CartRecord cart)
    {
        var clock = new StoreClock(caller.Store.TimeZone) { Holidays = caller.Store.Holidays, Money = new StoreMoney(CurrencyCode.Parse(caller.Store.Currency), inForce.JourneyOptions.Campaigns.Rates) };
        var moment = clock.At(time.GetUtcNow().ToUnixTimeMilliseconds());
        return name => FeatureTable.Get(name).Compare(cart, moment);
    }
}
