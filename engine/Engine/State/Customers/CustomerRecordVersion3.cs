using System.Runtime.InteropServices;

namespace CartRecovery.Engine.State.Customers;

/// <summary>A customer's record in data folders of format 3. Read-only: <see cref="ToCurrent"/> takes it over.</summary>
[StructLayout(LayoutKind.Sequential)]
struct CustomerRecordVersion3
{
    public const int Shape = 3;

    public CustomerHistory History;

    /// <summary>Returns the same customer as a current record.</summary>
    public static CustomerRecord ToCurrent(in CustomerRecordVersion3 old) =>
        new() { History = old.History, Version = CustomerRecord.CurrentVersion };
}
