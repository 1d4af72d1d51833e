using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Stores;

namespace CartRecovery.Engine.Journeys.Policy;

/// <summary>A frequency cap.</summary>
/// <param name="Max">Maximum number of messages.</param>
/// <param name="Per">Time span (ms).</param>
/// <param name="Name">The channel that counts; <see langword="null"/> if <paramref name="Address"/> selects channels.</param>
/// <param name="Address">Bit i for channels with <see cref="AddressKind"/> i; 0 if <paramref name="Name"/> selects the channel.</param>
public sealed record CapRule(int Max, long Per, string? Name, int Address)
{
    /// <summary>Creates the rule of a configuration.</summary>
    public static CapRule Of(CapConfig config)
    {
        var address = config.Channel switch
        {
            CapConfig.Messages => Bit(AddressKind.Email) | Bit(AddressKind.Phone) | Bit(AddressKind.Push),
            "email" => Bit(AddressKind.Email),
            CapConfig.Sms => Bit(AddressKind.Phone),
            "push" => Bit(AddressKind.Push),
            _ => 0,
        };
        return new CapRule(config.Max, (long)config.Per.Value.TotalMilliseconds, address == 0 ? config.Channel : null, address);
    }

    /// <summary>Returns <see langword="true"/> if messages of this channel count.</summary>
    public bool Counts(DeliveryChannel channel) => Name is null ? (Address & Bit(channel.Address)) != 0 : Name == channel.Name;

    static int Bit(AddressKind kind) => 1 << (int)kind;
}
