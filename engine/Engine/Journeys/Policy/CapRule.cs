using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;

namespace CartRecovery.Engine.Journeys.Policy;

/// <summary>A channel, as policy sees it.</summary>
/// <param name="Name"><c>socket</c>, or a sink's name.</param>
/// <param name="Address">The address that it needs.</param>
public sealed record DeliveryChannel(string Name, AddressKind Address)
{
    /// <summary>It goes to a person who is not on a stream: consent, quiet hours and the rest are for it.</summary>
    public bool IsMessage => Address != AddressKind.None;
}

/// <summary>At most so many in so much time.</summary>
/// <param name="Max">How many.</param>
/// <param name="Per">In this time, in milliseconds.</param>
/// <param name="Name">A channel that counts; <see langword="null"/> where its address decides.</param>
/// <param name="Address">The addresses that count, bit i for <see cref="AddressKind"/> i; 0 where the name decides.</param>
public sealed record CapRule(int Max, long Per, string? Name, int Address)
{
    /// <summary>The rule of a configuration.</summary>
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

    /// <summary>What goes to this channel counts.</summary>
    public bool Counts(DeliveryChannel channel) => Name is null ? (Address & Bit(channel.Address)) != 0 : Name == channel.Name;

    static int Bit(AddressKind kind) => 1 << (int)kind;
}
