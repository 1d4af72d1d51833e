using System.Runtime.InteropServices;
using CartRecovery.Contracts;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Decisions;

/// <summary>Encodes a decision for the journal. Numbers are little-endian, texts UTF-8 after their length.</summary>
static class DecisionCodec
{
    const int MaxFeatures = 4096;

    /// <summary>Writes a decision.</summary>
    public static void Write(BinaryWriter output, Decision decision)
    {
        var (intervention, reasons) = (decision.Intervention, decision.Intervention.Reasons);
        output.Write(decision.Cart.Low);
        output.Write(decision.Cart.High);
        output.Write(decision.At);
        output.Write(decision.ConnectionId);
        output.Write(decision.CampaignsVersion);
        output.Write((byte)decision.Standing);
        output.Write((byte)decision.UserStanding);
        output.Write((byte)decision.Bot);
        output.Write(decision.ReceivedAt);
        output.Write(decision.ModelAlias);
        output.Write((byte)(decision.ConditionalNumber + 1 ?? 0));
        output.Write((ushort)decision.Row.Length);
        output.Write(MemoryMarshal.AsBytes(decision.Row.AsSpan()));
        output.Write(intervention.Id);
        output.Write(intervention.StoreId);
        output.Write(intervention.CartId);
        WriteOptional(output, intervention.UserId);
        WriteOptional(output, intervention.SessionId);
        output.Write(intervention.Campaign);
        output.Write(intervention.Channel);
        output.Write((byte)intervention.Action);
        output.Write(intervention.DiscountPercent ?? double.NaN);
        WriteOptional(output, intervention.Code);
        output.Write(intervention.Cart.ItemCount);
        output.Write(intervention.Cart.Value);
        output.Write(intervention.Cart.Currency);
        output.Write(reasons.Rule);
        output.Write(reasons.Score);
        output.Write(reasons.ModelVersion);
        output.Write((byte)reasons.Features.Count);
        foreach (var feature in reasons.Features)
        {
            output.Write(feature.Name);
            output.Write(feature.Value);
            output.Write(feature.Effect);
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="EndOfStreamException">It is truncated.</exception>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    /// <param name="input">The bytes.</param>
    /// <param name="version">The entry's: in version 1 every named user counted, until version 2 bots were not recognised, and until version 3 quantities were whole, until version 4 the time of receipt was not told, until version 6 there was one model, and until version 7 no decision was conditional.</param>
    public static Decision Read(BinaryReader input, byte version)
    {
        var cart = new Hash128(input.ReadUInt64(), input.ReadUInt64());
        var (at, connection, campaigns) = (input.ReadInt64(), input.ReadInt64(), input.ReadUInt64());
        var (standing, user) = version >= 2 ? ((Standing)input.ReadByte(), (Standing)input.ReadByte()) : (Standing.Server, Standing.Server);
        var bot = version >= 3 ? (BotEvidence)input.ReadByte() : BotEvidence.None;
        var receivedAt = version >= 5 ? input.ReadInt64() : 0;
        var alias = version >= 7 ? input.ReadString() : "";
        var conditional = version >= 8 ? input.ReadByte() : 0;
        var row = new float[input.ReadUInt16() is <= MaxFeatures and var count ? count : throw new InvalidDataException("A decision has too many features.")];
        input.BaseStream.ReadExactly(MemoryMarshal.AsBytes(row.AsSpan()));
        var intervention = new Intervention
        {
            Id = input.ReadString(),
            StoreId = input.ReadString(),
            CartId = input.ReadString(),
            UserId = ReadOptional(input),
            SessionId = ReadOptional(input),
            Campaign = input.ReadString(),
            Channel = input.ReadString(),
            Action = (ActionKind)input.ReadByte(),
            DiscountPercent = input.ReadDouble() is var percent && double.IsNaN(percent) ? null : percent,
            Code = ReadOptional(input),
            Cart = new CartSummary(version >= 4 ? input.ReadDecimal() : input.ReadInt32(), input.ReadDecimal(), input.ReadString()),
            Message = "",
            Reasons = ReadReasons(input),
            DecidedAt = DateTimeOffset.FromUnixTimeMilliseconds(at),
        };
        return new Decision(cart, at, connection, intervention)
        {
            CampaignsVersion = campaigns,
            Standing = standing,
            UserStanding = user,
            Bot = bot,
            ReceivedAt = receivedAt,
            ModelAlias = alias,
            ConditionalNumber = conditional == 0 ? null : conditional - 1,
            Row = row,
        };
    }

    static DecisionReasons ReadReasons(BinaryReader input)
    {
        var (rule, score, model) = (input.ReadString(), input.ReadDouble(), input.ReadString());
        var features = new FeatureEffect[input.ReadByte()];
        for (var i = 0; i < features.Length; i++)
        {
            features[i] = new FeatureEffect(input.ReadString(), input.ReadDouble(), input.ReadDouble());
        }

        return new DecisionReasons(rule, score, features, model);
    }

    static void WriteOptional(BinaryWriter output, string? text)
    {
        output.Write(text is not null);
        if (text is not null)
        {
            output.Write(text);
        }
    }

    static string? ReadOptional(BinaryReader input) => input.ReadBoolean() ? input.ReadString() : null;
}
