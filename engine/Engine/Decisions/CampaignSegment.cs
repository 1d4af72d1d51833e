using System.Collections.Immutable;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Targeting;

namespace CartRecovery.Engine.Decisions;

/// <summary>A store's segment, compiled for a campaign. The partition checks the conditions on the cart; the enrolment checks those on the customer. Immutable.</summary>
/// <param name="OfCart">Conditions on the cart's features; all must hold.</param>
/// <param name="OfCustomer">Conditions on the customer's attributes; all must hold.</param>
public sealed record CampaignSegment(ImmutableArray<Condition> OfCart, IReadOnlyList<TargetingCondition> OfCustomer)
{
    /// <summary>Returns whether the conditions on the customer hold.</summary>
    /// <param name="attributes">The customer's attributes, a JSON object; <see langword="null"/> if unknown.</param>
    public bool HoldsFor(string? attributes)
    {
        if (OfCustomer.Count == 0 || attributes is null)
        {
            return OfCustomer.Count == 0;
        }

        var subject = new TargetingSubject(targetingKey: null) { CustomerAttributes = JsonElement.Parse(attributes) };
        return TargetingCondition.AllHold(OfCustomer, subject);
    }
}
