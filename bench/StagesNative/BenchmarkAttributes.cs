namespace BenchmarkDotNet.Attributes;

// What the linked benchmarks are marked with. Here nothing reads it: Program.cs calls their methods by name.

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
