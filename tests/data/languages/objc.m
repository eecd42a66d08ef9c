#import <Foundation/Foundation.h>

@protocol Greeter
- (void)greet;
@end

/// A person with a name.
@interface Person : NSObject <Greeter>
@property (nonatomic, copy) NSString *name;
- (instancetype)initWithName:(NSString *)name age:(NSInteger)age;
@end

@implementation Person

// Designated initialiser.
- (instancetype)initWithName:(NSString *)name age:(NSInteger)age {
    self = [super init];
    return self;
}

+ (Person *)anonymous {
    return [[Person alloc] initWithName:@"" age:0];
}

@end

static int clamp(int value) {
    return value < 0 ? 0 : value;
}
