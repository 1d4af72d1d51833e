namespace BenchmarkDotNet.Attributes;

// Stubs of BenchmarkDotNet's attributes for the linked benchmarks. Unused here: Program.cs calls the methods by name.

[AttributeUsage(AttributeTargets.Class)]
sealed class MemoryDiagnoserAttribute : Attribute;

[AttributeUsage(AttributeTargets.Method)]
sealed class GlobalSetupAttribute : Attribute;

[AttributeUsage(AttributeTargets.Method)]
sealed class GlobalCleanupAttribute : Attribute;

[AttributeUsage(AttributeTargets.Method)]
sealed class BenchmarkAttribute : Attribute
{
    public int OperationsPerInvoke { get; set; } = 1;

    public bool Baseline { get; set; }
}

[AttributeUsage(AttributeTargets.Property)]
sealed class ParamsAttribute(params object[] values) : Attribute
{
    public object[] Values { get; } = values;
}
