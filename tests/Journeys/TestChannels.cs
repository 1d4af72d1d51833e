using CartRecovery.Contracts;
using CartRecovery.Engine.Journeys.Policy;

namespace CartRecovery.Tests.Journeys;

/// <summary>The channels that journeys' tests send over.</summary>
static class TestChannels
{
    public static OutreachChannel? Find(string name) => name switch
    {
        "socket" or "crm" => new OutreachChannel(name, AddressKind.None),
        "mail" => new OutreachChannel(name, AddressKind.Email),
        "texts" => new OutreachChannel(name, AddressKind.Phone),
        "app" => new OutreachChannel(name, AddressKind.Push),
        _ => null,
    };
}
