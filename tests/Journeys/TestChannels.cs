using CartRecovery.Contracts;
using CartRecovery.Engine.Journeys.Policy;

namespace CartRecovery.Tests.Journeys;

/// <summary>The channels used by the journey tests.</summary>
static class TestChannels
{
    public static DeliveryChannel? Find(string name) => name switch
    {
        "socket" or "crm" => new DeliveryChannel(name, AddressKind.None),
        "mail" => new DeliveryChannel(name, AddressKind.Email),
        "texts" => new DeliveryChannel(name, AddressKind.Phone),
        "app" => new DeliveryChannel(name, AddressKind.Push),
        _ => null,
    };
}
