using System.Text;
using CartRecovery.Engine.Decisions;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Experiments;

/// <summary>
/// Lots that are drawn for shoppers: of the shopper and the question alone, so that the same shopper always draws the same, here and on every
/// other node, and lots for different questions have nothing to do with each other.
/// </summary>
public static class Assignment
{
    /// <summary>A number from 0 up to, but not, 1.</summary>
    /// <param name="subject">Who draws.</param>
    /// <param name="question">For what.</param>
    public static double Draw(in Hash128 subject, string question)
    {
        var text = Encoding.UTF8.GetBytes(question);
        var bytes = new byte[16 + text.Length];
        BitConverter.TryWriteBytes(bytes, subject.Low);
        BitConverter.TryWriteBytes(bytes.AsSpan(8), subject.High);
        text.CopyTo(bytes, 16);
        return (Hash128.Of(bytes, seed: 0).High >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>Whether no campaign of the store contacts the shopper.</summary>
    public static bool IsHoldout(in Hash128 subject, string storeId, double share) => Draw(subject, $"holdout {storeId}") < share;

    /// <summary>The side of a campaign's experiment that a shopper draws, each as likely as its weight says.</summary>
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
