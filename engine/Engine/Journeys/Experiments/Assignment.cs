using System.Text;
using CartRecovery.Engine.Decisions;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Experiments;

/// <summary>
/// Assigns shoppers at random but deterministically: the draw depends on the shopper and the question only, so it is the same on every
/// node, and draws for different questions are independent.
/// </summary>
public static class Assignment
{
    /// <summary>Returns a number in [0, 1).</summary>
    /// <param name="subject">The shopper.</param>
    /// <param name="question">What the draw is for.</param>
    public static double Draw(in Hash128 subject, string question)
    {
        var text = Encoding.UTF8.GetBytes(question);
        var bytes = new byte[16 + text.Length];
        BitConverter.TryWriteBytes(bytes, subject.Low);
        BitConverter.TryWriteBytes(bytes.AsSpan(8), subject.High);
        text.CopyTo(bytes, 16);
        return (Hash128.Of(bytes, seed: 0).High >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>Returns <see langword="true"/> if the shopper is in the store's holdout.</summary>
    public static bool IsHoldout(in Hash128 subject, string storeId, double share) => Draw(subject, $"holdout {storeId}") < share;

    /// <summary>Returns the shopper's variant of a campaign, drawn by the variants' weights.</summary>
    public static CampaignVariant VariantOf(in Hash128 subject, Campaign campaign)
    {
        if (campaign.Variants.Count == 1)
        {
            return campaign.Variants[0];
        }

        var rest = Draw(subject, $"variant {campaign.Name}") * campaign.Variants.Sum(v => v.Weight);
        foreach (var variant in campaign.Variants)
        {
            if ((rest -= variant.Weight) < 0)
            {
                return variant;
            }
        }

        return campaign.Variants[^1];
    }
}
